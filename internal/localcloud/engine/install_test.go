//go:build unix

package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestVerify(t *testing.T) {
	const sums = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.jar\n" +
		"cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34  b.jar\n"
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	tests := []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"good", fstest.MapFS{"a.jar": file("abc"), "b.jar": file("def")}, ""},
		{"changed", fstest.MapFS{"a.jar": file("abc"), "b.jar": file("abc")}, "checksum mismatch of b.jar"},
		{"missing", fstest.MapFS{"a.jar": file("abc")}, "b.jar is missing"},
		{"additional", fstest.MapFS{"a.jar": file("abc"), "b.jar": file("def"), "c.jar": file("")}, "unexpected file c.jar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := verify(tt.files, "lib", []byte(sums))
			if got := errorText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("verify = %q, want %q", got, tt.want)
			}
		})
	}
	if err := verify(fstest.MapFS{}, "lib", []byte("abc a.jar\n")); err == nil {
		t.Error("verify takes a malformed list")
	}
}

func TestChangedJarIsRefused(t *testing.T) {
	inst, err := dynamoDB.install(testContext(t), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	t.Setenv(CacheEnv, cache)
	lib := filepath.Join(cache, "engines", "dynamodb-local-2.6.1", "lib")
	if err := os.MkdirAll(filepath.Dir(lib), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(lib, os.DirFS(inst.lib)); err != nil {
		t.Fatal(err)
	}
	jar := filepath.Join(lib, "DynamoDBLocal-2.6.1.jar")
	f, err := os.OpenFile(jar, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("x")
	f.Close()
	_, err = StartDynamoDB(testContext(t), Options{})
	for _, want := range []string{"starting DynamoDB Local 2.6.1: ", "checksum mismatch of DynamoDBLocal-2.6.1.jar", "remove "} {
		if !strings.Contains(errorText(err), want) {
			t.Errorf("error = %q, want %q in it", errorText(err), want)
		}
	}
}

func TestMissingTools(t *testing.T) {
	const noJava, noMaven = "install a JDK 17", "install Apache Maven"
	tests := []struct {
		name     string
		tools    map[string]string
		javaHome bool
		want     string
	}{
		{"no java", nil, false, "no java on PATH: " + noJava},
		{"no java in JAVA_HOME", map[string]string{"java": ""}, true, "no bin/java: " + noJava},
		{"no mvn", map[string]string{"java": ""}, false, "no mvn on PATH: " + noMaven},
		{"mvn fails", map[string]string{"java": "", "mvn": "echo '[ERROR] no such jar'; exit 1"}, false, "[ERROR] no such jar"},
		{"mvn copies nothing", map[string]string{"java": "", "mvn": "exit 0"}, false, "is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bin := t.TempDir()
			for name, script := range tt.tools {
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			t.Setenv("JAVA_HOME", "")
			if tt.javaHome {
				t.Setenv("JAVA_HOME", t.TempDir())
			}
			t.Setenv(CacheEnv, t.TempDir())
			_, err := StartDynamoDB(testContext(t), Options{})
			if !strings.Contains(errorText(err), tt.want) {
				t.Errorf("error = %q, want %q in it", errorText(err), tt.want)
			}
		})
	}
}

func TestCheckJava(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"17", `echo 'openjdk version "17.0.15" 2025-04-15' >&2`, ""},
		{"javac 21", `echo 'javac 21.0.2'`, ""},
		{"8", `echo 'java version "1.8.0_202"' >&2`, "is Java 8, older than 17"},
		{"11", `echo 'openjdk version "11.0.2" 2019-01-15' >&2`, "is Java 11, older than 17"},
		{"placeholder", `echo 'Unable to locate a Java Runtime.' >&2; exit 1`, "Unable to locate a Java Runtime."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "java")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			err := checkJava(testContext(t), path)
			if got := errorText(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("checkJava = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLockWaitsForItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lock(testContext(t), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	taken := make(chan error)
	go func() {
		second, err := lock(testContext(t), path, func() { close(waiting) })
		if second != nil {
			second.unlock()
		}
		taken <- err
	}()
	<-waiting
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path, func() {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("lock with a context that ends = %v, want its error", err)
	}
	first.unlock()
	if err := <-taken; err != nil {
		t.Error(err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
