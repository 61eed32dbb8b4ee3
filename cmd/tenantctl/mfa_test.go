package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestAskCode(t *testing.T) {
	var said strings.Builder
	for typed, want := range map[string]string{"123456\n": "123456", " 123456 \nmore": "123456", "123456": "123456"} {
		said.Reset()
		if code, err := askCode(t.Context(), strings.NewReader(typed), &said); code != want || err != nil || !strings.Contains(said.String(), "MFA code") {
			t.Errorf("%q: %q, %v after %q", typed, code, err, said.String())
		}
	}
	for _, typed := range []string{"", "\n"} {
		if _, err := askCode(t.Context(), strings.NewReader(typed), &said); err == nil || !strings.Contains(err.Error(), "no MFA code was typed") {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if _, err := askCode(t.Context(), nil, &said); !errors.Is(err, errNoTerminal) {
		t.Errorf("without a terminal: %v", err)
	}
	// Ctrl-C ends the question.
	never, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := askCode(ctx, never, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("after Ctrl-C: %v", err)
	}
}
