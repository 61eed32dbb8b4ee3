package lambda

// parentMain is replaced in lifecycle_test.go.
func parentMain() {}
