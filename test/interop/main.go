// Reads a log over HTTP as C2SP tlog-tiles, with the code of the Go checksum database, and checks that all of it is what
// a root promises: tiles, entries, inclusion and consistency.
//
// Usage: interop PREFIX SIZE ROOT, where ROOT is in hexadecimal; or interop witness LOG-PREFIX WITNESS-PREFIX LOG-VKEY
// WITNESS-VKEY, which has a witness cosign the log's newest checkpoint. What was checked is printed as JSON.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// tiles fetches tiles from a log, each once. They are unverified: every entry and every older tree is proven
// against the root. (tlog.TileHashReader alone leaves some tiles unchecked before golang.org/x/mod v0.40.0, which needs
// a newer Go than distributions have.)
type tiles struct {
	prefix  string
	fetched map[string][]byte
}

func (t *tiles) Height() int { return height }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		bytes, err := t.read(tile)
		if err != nil {
			return nil, err
		}
		found = append(found, bytes)
	}
	return found, nil
}

// read fetches one tile. Paths are those of the checksum database but for the height, and "entries" for its "data".
func (t *tiles) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	if bytes, ok := t.fetched[path]; ok {
		return bytes, nil
	}
	response, err := http.Get(t.prefix + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	bytes, err := io.ReadAll(response.Body)
	t.fetched[path] = bytes
	return bytes, err
}

// entries fetches the entries of a bundle, each after its length in 16 bits.
func (t *tiles) entries(index, count int64) ([][]byte, error) {
	bundle, err := t.read(tlog.Tile{H: height, L: -1, N: index, W: int(count)})
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, errors.New("a bundle ends within an entry")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		found, bundle = append(found, bundle[2:end]), bundle[end:]
	}
	if int64(len(found)) != count {
		return nil, fmt.Errorf("a bundle has %d entries, not %d", len(found), count)
	}
	return found, nil
}

type report struct {
	Tiles       int `json:"tiles"`
	Entries     int `json:"entries"`
	Inclusion   int `json:"inclusion"`
	Consistency int `json:"consistency"`
}

func check(prefix string, tree tlog.Tree) (report, error) {
	var done report
	source := &tiles{prefix, map[string][]byte{}}
	hashes := tlog.TileHashReader(tree, source)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return done, err
	}
	if root != tree.Hash {
		return done, errors.New("the tiles have another root")
	}
	for first := int64(0); first < tree.N; first += width {
		count := tree.N - first
		if count > width {
			count = width
		}
		entries, err := source.entries(first/width, count)
		if err != nil {
			return done, err
		}
		for i, entry := range entries {
			if err := include(tree, hashes, first+int64(i), entry); err != nil {
				return done, err
			}
			done.Inclusion++
		}
		done.Entries += len(entries)
	}
	for size := int64(1); size <= tree.N; size++ {
		if err := extend(tree, hashes, size); err != nil {
			return done, err
		}
		done.Consistency++
	}
	done.Tiles = len(source.fetched)
	return done, nil
}

func include(tree tlog.Tree, hashes tlog.HashReader, index int64, entry []byte) error {
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func extend(tree tlog.Tree, hashes tlog.HashReader, size int64) error {
	older, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, size, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, size, older)
}

func run(args []string) error {
	if len(args) == 5 && args[0] == "witness" {
		done, err := witness(args[1], args[2], args[3], args[4])
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(done)
	}
	if len(args) != 3 {
		return errors.New("usage: interop PREFIX SIZE ROOT")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: size}
	if n, err := hex.Decode(tree.Hash[:], []byte(args[2])); err != nil || n != tlog.HashSize {
		return errors.New("a root has 64 hexadecimal digits")
	}
	done, err := check(args[0], tree)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(done)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
