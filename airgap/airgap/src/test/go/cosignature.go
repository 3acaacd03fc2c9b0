// Makes src/test/resources/cosignature/note.txt with an implementation of C2SP cosignatures, signed notes and RFC 6962
// trees that is not ours. In an empty folder, with this file as main.go:
//
//	go mod init vector && go get filippo.io/torchwood@v0.6.1 && go run . > note.txt
//
// The time in it is that of the run; all else is the same each time. Standard error shows the witness's verifier key.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// The hashes of a tree, in memory.
type hashes map[int64]tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, index := range indexes {
		list = append(list, h[index])
	}
	return list, nil
}

func main() {
	boxSeed := bytes.Repeat([]byte{1}, 32)
	boxKey := ed25519.NewKeyFromSeed(boxSeed)
	boxPublic := boxKey.Public().(ed25519.PublicKey)
	digest := sha256.Sum256(boxPublic)
	name := fmt.Sprintf("omni.airgap/%x", digest[:8])

	stored := hashes{}
	records := []string{"a", "b", "c", "d", "e"}
	for i, record := range records {
		for j, hash := range must(tlog.StoredHashes(int64(i), []byte(record), stored)) {
			stored[tlog.StoredHashIndex(0, int64(i))+int64(j)] = hash
		}
	}
	root := must(tlog.TreeHash(int64(len(records)), stored))
	text := fmt.Sprintf("%s\n%d\n%s\n", name, len(records), base64.StdEncoding.EncodeToString(root[:]))

	id := sha256.Sum256(append([]byte(name+"\n\x01"), boxPublic...))
	private := base64.StdEncoding.EncodeToString(append([]byte{1}, boxSeed...))
	box := must(note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, binary.BigEndian.Uint32(id[:]), private)))
	witnessKey := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	witness := must(torchwood.NewCosignatureSigner("witness.example/w1", witnessKey))
	fmt.Print(string(must(note.Sign(&note.Note{Text: text}, box, witness))))
	fmt.Fprintln(os.Stderr, witness.Verifier())
}
