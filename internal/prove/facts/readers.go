package facts

// readers read the values of properties that have a logic of their own, by the names in the declarations.
var readers map[string]func(w *walk, value any)

func init() {
	readers = map[string]func(w *walk, value any){
		"rest-api":     (*walk).restAPI,
		"distribution": (*walk).distribution,
		// Read with the whole resource.
		"environment":   func(*walk, any) {},
		"event-pattern": func(*walk, any) {},
	}
}

// Readers are the names of all readers.
func Readers() []string { return sortedKeys(readers) }
