package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// cosigner verifies cosignatures (c2sp.org/tlog-cosignature, Ed25519) for the package note, which knows plain signatures.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
	time uint64 // of what was verified last
}

// newCosigner reads a vkey of type 4, and derives the key's id.
func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a vkey has three parts")
	}
	bytes, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(bytes) != 1+ed25519.PublicKeySize || bytes[0] != 4 {
		return nil, errors.New("the key is no Ed25519 key that cosigns")
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), bytes...))
	if fmt.Sprintf("%x", id[:4]) != parts[1] {
		return nil, errors.New("the id does not follow from the key")
	}
	return &cosigner{name: parts[0], hash: binary.BigEndian.Uint32(id[:4]), key: bytes[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	c.time = binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", c.time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

type witnessed struct {
	Text      string `json:"text"`
	Answered  uint64 `json:"answered"`
	Monitored uint64 `json:"monitored"`
}

// witness has a witness cosign the newest checkpoint of a log, and reads from it what monitors read.
func witness(log, prefix, logKey, witnessKey string) (witnessed, error) {
	var done witnessed
	logVerifier, err := note.NewVerifier(logKey)
	if err != nil {
		return done, err
	}
	cosigns, err := newCosigner(witnessKey)
	if err != nil {
		return done, err
	}
	checkpoint, err := get(log + "/checkpoint")
	if err != nil {
		return done, err
	}
	opened, err := note.Open(checkpoint, note.VerifierList(logVerifier))
	if err != nil {
		return done, err
	}
	done.Text = opened.Text
	lines, err := addCheckpoint(prefix, checkpoint)
	if err != nil {
		return done, err
	}
	if _, err := open(append([]byte(opened.Text+"\n"), lines...), cosigns); err != nil {
		return done, err
	}
	done.Answered = cosigns.time
	origin, _, _ := strings.Cut(opened.Text, "\n")
	monitored, err := get(fmt.Sprintf("%s/%x/checkpoint", prefix, sha256.Sum256([]byte(origin))))
	if err != nil {
		return done, err
	}
	if text, err := open(monitored, logVerifier, cosigns); err != nil || text != opened.Text {
		return done, fmt.Errorf("monitors read another checkpoint: %v", err)
	}
	done.Monitored = cosigns.time
	return done, nil
}

// open verifies a note, and that each of these keys signed it.
func open(text []byte, keys ...note.Verifier) (string, error) {
	opened, err := note.Open(text, note.VerifierList(keys...))
	if err != nil {
		return "", err
	}
	if len(opened.Sigs) != len(keys) {
		return "", fmt.Errorf("%d of %d keys signed", len(opened.Sigs), len(keys))
	}
	return opened.Text, nil
}

// addCheckpoint learns the size that the witness cosigned last, which is this one's, and asks again from there.
func addCheckpoint(prefix string, checkpoint []byte) ([]byte, error) {
	old := "0"
	for tries := 0; tries < 2; tries++ {
		body := "old " + old + "\n\n" + string(checkpoint)
		response, err := http.Post(prefix+"/add-checkpoint", "text/plain", strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case response.StatusCode == http.StatusOK:
			return answer, nil
		case response.StatusCode != http.StatusConflict || response.Header.Get("Content-Type") != "text/x.tlog.size":
			return nil, fmt.Errorf("%s: %s", response.Status, answer)
		}
		size, isLine := strings.CutSuffix(string(answer), "\n")
		if _, err := strconv.ParseUint(size, 10, 63); err != nil || !isLine {
			return nil, fmt.Errorf("%q is no size", answer)
		}
		old = size
	}
	return nil, errors.New("the witness names another size each time")
}

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}
