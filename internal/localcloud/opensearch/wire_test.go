package opensearch

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

func (c *cloud) read(conn net.Conn, method string) answer {
	c.t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{c.t, resp.StatusCode, resp.Header, body}
}
