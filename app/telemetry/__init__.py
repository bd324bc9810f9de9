"""What our processes tell Prometheus, and whoever asks how they are."""
