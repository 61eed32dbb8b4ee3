// Command unruly is a Lambda function that misbehaves as its query asks. It is a test fixture.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, r events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	switch r.QueryStringParameters["do"] {
	case "hang":
		time.Sleep(time.Hour)
	case "panic":
		panic("unruly")
	case "exit":
		os.Exit(3)
	case "error":
		return events.APIGatewayProxyResponse{}, fmt.Errorf("unruly")
	case "flood":
		line := strings.Repeat("x", 1<<10)
		for range 64 << 10 { // 64 MiB
			fmt.Println(line)
		}
	case "large":
		return events.APIGatewayProxyResponse{StatusCode: 200, Body: strings.Repeat("x", 7<<20)}, nil
	}
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: "well"}, nil
}
