package search

import "encoding/json"

// field is an attribute of rows that is searched. Adding one needs a new deployment and then a
// reindex of every account, which puts it into the documents that exist.
type field struct {
	// name of the attribute. Values that are neither strings, numbers, booleans nor lists of those are not searched.
	name string
	// boost multiplies the score of a match in the field.
	boost string
	// prefix finds words by their beginning too, at the price of a larger index.
	prefix bool
}

// fields are what is searched, in all tables.
var fields = []field{
	{name: "name", boost: "^3", prefix: true},
	{name: "breed", prefix: true},
	{name: "description"},
}

// maxTerms is the number of a query's words that are looked for; what follows is ignored. It bounds the
// clauses of the query, of which OpenSearch takes 1,024 (indices.query.bool.max_clause_count), whatever the text
// is: a character can be a word, as in Chinese.
const maxTerms = 12

// object and list spell JSON.
type (
	object = map[string]any
	list   = []any
)

// deletedVersionsKept is how long OpenSearch remembers the version of a deleted document at most, to refuse
// an older one. It remembers in memory alone: when the index is closed and opened, its shard moves or the node
// starts again, the version is forgotten and an older one is taken (elastic/elasticsearch#101178; tried with 2.19.6).
// So nothing rests on it. What an index is to hold is decided by rows as they are, see RemoveGone; this only
// keeps the usual duplicate from costing a write and another one that takes it back.
const deletedVersionsKept = "25h"

// indexBody is the body of the request that creates the index. One shard holds an account's documents, and
// scores do not depend on where a document is.
func indexBody() []byte {
	return encode(object{
		"settings": object{
			"number_of_shards":     1,
			"auto_expand_replicas": "0-1",
			"gc_deletes":           deletedVersionsKept,
			"analysis": object{
				"filter": object{
					"possessive": object{"type": "stemmer", "language": "possessive_english"},
					"stem":       object{"type": "stemmer", "language": "english"},
					"beginnings": object{"type": "edge_ngram", "min_gram": 1, "max_gram": 20},
					"first":      object{"type": "limit", "max_token_count": maxTerms},
				},
				"analyzer": object{
					"words":        analyzer("possessive", "lowercase", "asciifolding", "stem"),
					"words_query":  analyzer("possessive", "lowercase", "asciifolding", "stem", "first"),
					"prefixes":     analyzer("lowercase", "asciifolding", "beginnings"),
					"prefix_query": analyzer("lowercase", "asciifolding", "first"),
				},
			},
		},
		"mappings": json.RawMessage(mappingBody()),
	})
}

func analyzer(filters ...string) object {
	return object{"type": "custom", "tokenizer": "standard", "filter": filters}
}

// mappingBody maps what is searched, filtered and sorted by. The row is kept as it is and not
// parsed: no name of an attribute and no depth of a map makes OpenSearch refuse a document.
func mappingBody() []byte {
	properties := object{
		"table": object{"type": "keyword"},
		"key":   object{"type": "keyword"},
		"row":   object{"type": "object", "enabled": false},
	}
	for _, f := range fields {
		p := object{"type": "text", "analyzer": "words", "search_analyzer": "words_query"}
		if f.prefix {
			p["fields"] = object{"prefix": object{"type": "text", "analyzer": "prefixes", "search_analyzer": "prefix_query"}}
		}
		properties[f.name] = p
	}
	return encode(object{"dynamic": false, "properties": properties})
}

// encode is for bodies made of strings, numbers and valid JSON, which cannot fail to encode.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
