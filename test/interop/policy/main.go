// Reads what this project writes with the code of others: policies with torchwood's parser and Tessera's, a checkpoint and
// a receipt by a policy, and Ed25519 signatures with crypto/ed25519.
//
// Usage: policy < JSON. What was found is printed as JSON; an error is its text.
package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	Policy     string `json:"policy"`
	Checkpoint string `json:"checkpoint"`
	// A tlog-proof, and the record that it proves, in hexadecimal.
	Proof  string `json:"proof"`
	Record string `json:"record"`
	// In hexadecimal.
	Signatures []struct{ Key, Message, Signature string } `json:"signatures"`
}

type output struct {
	Torchwood struct {
		Policy     string `json:"policy"`
		Checkpoint string `json:"checkpoint"`
		Proof      string `json:"proof"`
	} `json:"torchwood"`
	Tessera struct {
		Policy    string `json:"policy"`
		Satisfied bool   `json:"satisfied"`
		Endpoints int    `json:"endpoints"`
	} `json:"tessera"`
	// Signatures of keys that are in no policy, in the note as Go reads it.
	Unverified int    `json:"unverified"`
	Signatures []bool `json:"signatures"`
}

func said(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

func byTorchwood(in input, out *output) {
	policy, err := torchwood.ParsePolicy([]byte(in.Policy))
	out.Torchwood.Policy = said(err)
	if err != nil {
		return
	}
	_, opened, err := torchwood.VerifyCheckpoint([]byte(in.Checkpoint), policy)
	out.Torchwood.Checkpoint = said(err)
	if err == nil {
		out.Unverified = len(opened.UnverifiedSigs)
	}
	record, err := hex.DecodeString(in.Record)
	if err == nil {
		err = torchwood.VerifyProof(policy, tlog.RecordHash(record), []byte(in.Proof))
	}
	out.Torchwood.Proof = said(err)
}

func byTessera(in input, out *output) {
	group, err := tessera.NewWitnessGroupFromPolicy([]byte(in.Policy))
	out.Tessera.Policy = said(err)
	if err != nil {
		return
	}
	out.Tessera.Satisfied = group.Satisfied([]byte(in.Checkpoint))
	out.Tessera.Endpoints = len(group.Endpoints())
}

func run() error {
	var in input
	var out output
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	if in.Policy != "" {
		byTorchwood(in, &out)
		byTessera(in, &out)
	}
	for _, signed := range in.Signatures {
		key, err1 := hex.DecodeString(signed.Key)
		message, err2 := hex.DecodeString(signed.Message)
		signature, err3 := hex.DecodeString(signed.Signature)
		if err1 != nil || err2 != nil || err3 != nil || len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("no signature: %v", signed)
		}
		out.Signatures = append(out.Signatures, ed25519.Verify(key, message, signature))
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
