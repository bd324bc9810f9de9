{{- define "faultline.labels" -}}
app.kubernetes.io/name: faultline
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- /* What is set for every process, then the process's own; a secret's setting is the name of a file. */}}
{{- define "faultline.environment" -}}
{{- range $name, $value := merge (dict) .process.settings .root.Values.settings }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range .process.secret.settings }}
- name: {{ upper . }}_FILE
  value: /run/secrets/faultline/{{ . }}
{{- end }}
{{- if .root.Values.machines }}
- name: MACHINES_DIRECTORY
  value: /machines
{{- end }}
{{- end }}

{{- /* A pod as the containers of docker-compose.yml are: nobody's, read-only, with its own secret alone. */}}
{{- define "faultline.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: {{ .name }}
    image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{ toJson .arguments }}
    env: {{ include "faultline.environment" . | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    {{- with .extra }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    resources: {{ toYaml .process.resources | nindent 6 }}
    volumeMounts:
      - {name: secret, mountPath: /run/secrets/faultline, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      - {name: data, mountPath: /data}
      {{- if .root.Values.machines }}
      - {name: machines, mountPath: /machines, readOnly: true}
      {{- end }}
volumes:
  - name: secret
    secret: {secretName: {{ .process.secret.name }}, defaultMode: 0440}
  - name: tmp
    emptyDir: {}
  - name: data
    emptyDir: {}
  {{- if .root.Values.machines }}
  - name: machines
    configMap: {name: {{ .root.Release.Name }}-machines}
  {{- end }}
{{- end }}
