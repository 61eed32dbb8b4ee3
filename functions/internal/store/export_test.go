package store

// Parts that the tests look at.
var (
	EncodeCursor = encodeCursor
	DecodeCursor = decodeCursor
)
