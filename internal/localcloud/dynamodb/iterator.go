package dynamodb

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// iterator is what a shard iterator holds: where the engine is to read on, in which stream, and who may.
type iterator struct {
	stream tableID
	label  string
	// account of the caller that got it.
	account string
	engine  string
	made    time.Time
}

// newIteratorSeal makes the cipher of iterators. Its key ends with the process: iterators are valid for
// 15 minutes, and readers get new ones.
func newIteratorSeal() cipher.AEAD {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // a key of 32 bytes is one
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	return seal
}

// sealIterator makes an iterator opaque, so that it can be neither read nor made by anybody else.
func (s *Service) sealIterator(it iterator) string {
	plain := strings.Join([]string{it.stream.arn(), it.label, it.account, strconv.FormatInt(it.made.Unix(), 10), it.engine}, "\n")
	nonce := make([]byte, s.iterators.NonceSize(), s.iterators.NonceSize()+len(plain)+s.iterators.Overhead())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(s.iterators.Seal(nonce, nonce, []byte(plain), nil))
}

func (s *Service) openIterator(text string) (iterator, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	size := s.iterators.NonceSize()
	if err != nil || len(sealed) < size {
		return iterator{}, false
	}
	plain, err := s.iterators.Open(nil, sealed[:size], sealed[size:], nil)
	if err != nil {
		return iterator{}, false
	}
	parts := strings.SplitN(string(plain), "\n", 5)
	if len(parts) != 5 {
		return iterator{}, false
	}
	id, _, ok := arnOf(parts[0])
	seconds, err := strconv.ParseInt(parts[3], 10, 64)
	return iterator{stream: id, label: parts[1], account: parts[2], made: time.Unix(seconds, 0), engine: parts[4]}, ok && err == nil
}
