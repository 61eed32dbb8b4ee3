package rest

import (
	"log/slog"
	"strings"
)

// logger writes one JSON object a line, with the tenant and the operation.
func logger(outside Outside, operation string) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.TrimSpace(outside.Getenv("LOG_LEVEL")))); err != nil {
		level = slog.LevelInfo
	}
	handler := slog.NewJSONHandler(outside.Log, &slog.HandlerOptions{Level: level})
	return slog.New(handler).With("tenant", outside.Getenv("TENANT"), "operation", operation)
}
