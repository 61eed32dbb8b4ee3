package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// minJava is what DynamoDB Local 2 needs.
const minJava = 17

const (
	javaHint  = "install a JDK 17 or later (Debian, Ubuntu: apt install openjdk-17-jdk-headless; macOS: brew install openjdk@17) and set JAVA_HOME where it is not the first on PATH"
	mavenHint = "install Apache Maven 3.6 or later (Debian, Ubuntu: apt install maven; macOS: brew install maven)"
)

// javaTool finds java or javac: in JAVA_HOME where that is set, else on PATH.
func javaTool(name string) (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		path, err := exec.LookPath(filepath.Join(home, "bin", name))
		if err != nil {
			return "", fmt.Errorf("JAVA_HOME is %q, where there is no bin/%s: %s", home, name, javaHint)
		}
		return path, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("no %s on PATH: %s", name, javaHint)
	}
	return path, nil
}

var javaVersion = regexp.MustCompile(`(?:version "|javac )(?:1\.)?(\d+)`)

// checkJava refuses a java or javac that is too old, or that is none at all: macOS has
// a placeholder of that name.
func checkJava(ctx context.Context, path string) error {
	out, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	m := javaVersion.FindSubmatch(out)
	if err != nil || m == nil {
		return fmt.Errorf("%s -version printed %q: %s", path, firstLine(out), javaHint)
	}
	if major, _ := strconv.Atoi(string(m[1])); major < minJava {
		return fmt.Errorf("%s is Java %s, older than %d: %s", path, m[1], minJava, javaHint)
	}
	return nil
}

func mavenTool() (string, error) {
	path, err := exec.LookPath("mvn")
	if err != nil {
		return "", errors.New("no mvn on PATH: " + mavenHint)
	}
	return path, nil
}

func firstLine(b []byte) string {
	for i, c := range b {
		if c == '\n' {
			return string(b[:i])
		}
	}
	return string(b)
}
