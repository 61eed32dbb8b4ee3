package facts

// readers read the values of properties that have a logic of their own, by the names in the declarations.
var readers map[string]func(w *walk, value any)

func init() {
	readers = map[string]func(w *walk, value any){
		"rest-api": (*walk).restAPI,
		// What is read with the whole resource, by the type's reader.
		"resource":        func(*walk, any) {},
		"environment":     func(*walk, any) {},
		"event-pattern":   func(*walk, any) {},
		"stage-variables": func(*walk, any) {},
		"dimensions":      (*walk).mention,
	}
}

// Readers are the names of all readers.
func Readers() []string { return sortedKeys(readers) }
