package cloudfront

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/url"
	"strings"

	"github.com/dop251/goja"
)

// defineGlobals gives a function what CloudFront gives it beside the language: console, atob, btoa and the
// modules crypto and querystring. There is no network, no file and no timer (CloudFront Developer
// Guide, "JavaScript runtime 2.0 features for CloudFront Functions").
func defineGlobals(vm *goja.Runtime, log *callLog) error {
	global := vm.GlobalObject()
	if err := global.DefineDataPropertySymbol(jsonSymbol, vm.Get("JSON"), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
		return err
	}
	if err := global.Delete("eval"); err != nil {
		return err
	}
	console := vm.NewObject()
	write := func(call goja.FunctionCall) goja.Value {
		var words []string
		for _, a := range call.Arguments {
			words = append(words, display(vm, a))
		}
		if line := strings.Join(words, " "); log.lines.Len()+len(line) < maxFunctionLog {
			log.lines.WriteString(line + "\n")
		}
		return goja.Undefined()
	}
	for _, name := range []string{"log", "error", "warn", "info", "debug"} {
		if err := console.Set(name, write); err != nil {
			return err
		}
	}
	modules := map[string]any{
		"crypto":      map[string]any{"createHash": func(name string) (map[string]any, error) { return digest(vm, name, nil) }, "createHmac": func(name, key string) (map[string]any, error) { return digest(vm, name, []byte(key)) }},
		"querystring": map[string]any{"escape": escapeQuery, "unescape": unescapeQuery, "parse": parseQuery},
	}
	for name, value := range map[string]any{
		"console": console, "atob": atob,
		"btoa": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"require": func(name string) (any, error) {
			if m, ok := modules[name]; ok {
				return m, nil
			}
			return nil, errors.New("the module " + name + " is not there; crypto and querystring are")
		},
	} {
		if err := vm.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// display is a value as console.log writes it: objects as JSON.
func display(vm *goja.Runtime, v goja.Value) string {
	if o, ok := v.(*goja.Object); ok {
		if _, isFunction := goja.AssertFunction(o); !isFunction {
			stringify, _ := goja.AssertFunction(jsonOf(vm).Get("stringify"))
			if text, err := stringify(goja.Undefined(), o); err == nil {
				return text.String()
			}
		}
	}
	return v.String()
}

func atob(s string) (string, error) {
	plain, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		plain, err = base64.RawStdEncoding.DecodeString(s)
	}
	return string(plain), err
}

// digest is a hash object with update and digest; keyed if there is a key.
func digest(vm *goja.Runtime, name string, key []byte) (map[string]any, error) {
	algorithms := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}
	algorithm, ok := algorithms[name]
	if !ok {
		return nil, errors.New("the algorithm " + name + " is not there; md5, sha1 and sha256 are")
	}
	h := algorithm()
	if key != nil {
		h = hmac.New(algorithm, key)
	}
	object := map[string]any{"digest": func(encoding string) (string, error) {
		switch sum := h.Sum(nil); encoding {
		case "hex":
			return hex.EncodeToString(sum), nil
		case "base64":
			return base64.StdEncoding.EncodeToString(sum), nil
		case "base64url":
			return base64.RawURLEncoding.EncodeToString(sum), nil
		}
		return "", errors.New("the encoding " + encoding + " is not there; hex, base64 and base64url are")
	}}
	object["update"] = func(call goja.FunctionCall) goja.Value {
		h.Write([]byte(call.Argument(0).String()))
		return call.This
	}
	return object, nil
}

func escapeQuery(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func unescapeQuery(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// parseQuery has a list where a parameter comes more than once.
func parseQuery(s string) map[string]any {
	out := map[string]any{}
	values, _ := url.ParseQuery(s) // what cannot be read is left out
	for name, list := range values {
		out[name] = list[0]
		if len(list) > 1 {
			out[name] = list
		}
	}
	return out
}
