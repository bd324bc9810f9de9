# healthy.sh live|ready: succeeds where the process in this container answers that it is. No interpreter is started for it.
exec 3<> "/dev/tcp/127.0.0.1/$METRICS_PORT" || exit 1
printf 'GET /health/%s HTTP/1.0\r\n\r\n' "$1" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
