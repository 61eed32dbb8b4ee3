package dynamodb

// write is a write of a request, to follow when it succeeded.
type write struct {
	table  *table
	schema *schema
	// action such as PutItem or PartiQLInsert.
	action string
	// item or key; nil of PartiQL.
	item *node
	// attributes that the request names.
	attributes []string
}

// wrote follows writes that succeeded: it tells readers of the table's stream, and learns when items
// expire.
func (s *Service) wrote(writes []write) {
	var last *table
	for _, w := range writes {
		if ttl := w.table.settings.Load().ttl; ttl != "" {
			w.table.expiries.follow(w, ttl)
		}
		if w.table != last && w.schema.stream {
			w.table.changed.notify()
			last = w.table
		}
	}
}
