package main

import (
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

func TestIsLoopback(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://127.0.0.1:4566": true, "http://127.1.2.3": true, "http://[::1]:1": true, "http://localhost:4566": true, "http://aws.localhost:4566/": true, "http://localhost.:1": true,
		"": false, ":": false, "https://s3.eu-central-1.amazonaws.com": false, "http://10.0.0.1:4566": false, "http://localhost.example.com": false,
	} {
		if got := isLoopback(endpoint); got != want {
			t.Errorf("isLoopback(%q) = %t", endpoint, got)
		}
	}
}

// The endpoint is that of S3, which files go to.
func TestEndpointOf(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	for name, env := range map[string]map[string]string{
		"":           {},
		"http://all": {"AWS_ENDPOINT_URL": "http://all"},
		"http://s3":  {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range env {
				t.Setenv(key, value)
			}
			c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"))
			if err != nil {
				t.Fatal(err)
			}
			if got := endpointOf(c); got != name {
				t.Errorf("endpoint %q, want %q", got, name)
			}
		})
	}
}
