package main

import (
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// endpointOf is where files go to by a configuration, if it is not AWS: that of S3 (AWS_ENDPOINT_URL_S3, or of the profile), or of all services
// (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
func endpointOf(c aws.Config) string { return aws.ToString(s3.NewFromConfig(c).Options().BaseEndpoint) }

// isLoopback says whether a URL is of this machine.
func isLoopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	ip := net.ParseIP(host)
	return ip.IsLoopback() || ip.IsUnspecified() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
