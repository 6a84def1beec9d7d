// Command goyaml writes down what Kubernetes makes of each snippet in
// cases.txt and scalars.txt, with the very libraries that kubectl and the API
// server use. The manifest reader is tested against the result,
// expected.jsonl, so that "reads as the API server would" is a fact and not a
// belief.
//
//	go run .                       rewrite expected.jsonl
//	go run . -mutate 20000 -seed 7 write that many mutated snippets to standard output
//	go run . [-mutate N] FILE...   write what becomes of these files, or of mutations of them
//
// One line of output is one snippet: its name, its bytes (`text`, or `base64`
// where they are not UTF-8), and the documents found in it. A document is
// either a `value` or an `error`; `strict` holds the complaint of the strict
// decoder (a duplicate key) about a document that the plain decoder accepts. A
// document whose value changes from run to run, because two keys become one and
// the decoder goes through them in random order, is `unstable` and has no value.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"unicode/utf8"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Case is a named snippet.
type Case struct {
	Name string
	Text []byte
}

// Document is what Kubernetes makes of one document of a snippet.
type Document struct {
	Value  json.RawMessage `json:"value,omitempty"`
	Error  string          `json:"error,omitempty"`
	Strict string          `json:"strict,omitempty"`

	Unstable bool `json:"unstable,omitempty"`
}

// Expectation is one line of expected.jsonl.
type Expectation struct {
	Name      string     `json:"name"`
	Text      *string    `json:"text,omitempty"`
	Base64    string     `json:"base64,omitempty"`
	Documents []Document `json:"documents"`
}

// guessSize is how far kubectl looks for an opening brace
// (k8s.io/cli-runtime/pkg/resource, StreamVisitor).
const guessSize = 4096

// repeats is how often a document is converted to see whether its value is
// stable; two keys that become one are missed once in 2^31.
const repeats = 32

func main() {
	log.SetFlags(0)
	mutations := flag.Int("mutate", 0, "write `N` mutated snippets to standard output instead")
	seed := flag.Uint64("seed", 1, "seed of the mutations")
	flag.Parse()

	cases, err := loadCases("cases.txt", "scalars.txt")
	if err != nil {
		log.Fatal(err)
	}
	if flag.NArg() > 0 {
		if cases, err = loadFiles(flag.Args()); err != nil {
			log.Fatal(err)
		}
	}
	if *mutations > 0 {
		cases = mutate(cases, *mutations, *seed)
	}
	if *mutations > 0 || flag.NArg() > 0 {
		out := bufio.NewWriter(os.Stdout)
		if err := errors.Join(write(out, cases), out.Flush()); err != nil {
			log.Fatal(err)
		}
		return
	}
	var out bytes.Buffer
	if err := write(&out, cases); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("expected.jsonl", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	log.Printf("expected.jsonl: %d cases", len(cases))
}

func write(out io.Writer, cases []Case) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, c := range cases {
		if err := encoder.Encode(expect(c)); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

func expect(c Case) Expectation {
	e := Expectation{Name: c.Name, Documents: []Document{}}
	if utf8.Valid(c.Text) {
		text := string(c.Text)
		e.Text = &text
	} else {
		e.Base64 = base64.StdEncoding.EncodeToString(c.Text)
	}
	if _, _, json := utilyaml.GuessJSONStream(bytes.NewReader(c.Text), guessSize); json {
		e.Documents = append(e.Documents, jsonStream(c.Text)...)
	} else {
		e.Documents = append(e.Documents, yamlStream(c.Text)...)
	}
	return e
}

// yamlStream does what YAMLOrJSONDecoder does with a stream that does not open
// with a brace, and goes on after an error.
func yamlStream(text []byte) []Document {
	var documents []Document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		chunk, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			documents = append(documents, Document{Error: err.Error()})
			continue
		}
		converted, err := toJSON(chunk, yaml.YAMLToJSON)
		if err != nil {
			documents = append(documents, Document{Error: err.Error()})
			continue
		}
		if !stable(chunk, converted) {
			documents = append(documents, Document{Unstable: true})
			continue
		}
		document := decode(converted)
		if _, err := toJSON(chunk, yaml.YAMLToJSONStrict); err != nil && document.Error == "" {
			document.Strict = err.Error()
		}
		documents = append(documents, document)
	}
}

func stable(chunk, converted []byte) bool {
	for range repeats {
		again, err := toJSON(chunk, yaml.YAMLToJSON)
		if err != nil || !bytes.Equal(again, converted) {
			return false
		}
	}
	return true
}

// toJSON turns the panics that a hostile document can provoke in the decoder
// into errors.
func toJSON(chunk []byte, convert func([]byte) ([]byte, error)) (converted []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return convert(chunk)
}

// jsonStream is the stream that opens with a brace: JSON first, YAML where
// that fails.
func jsonStream(text []byte) []Document {
	var documents []Document
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), guessSize)
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if n := len(documents); n > 0 && documents[n-1].Error == err.Error() {
				break // the decoder stays at an error that it cannot step over
			}
			documents = append(documents, Document{Error: err.Error()})
			continue
		}
		document := decode(raw)
		documents = append(documents, fallback(text, document, len(documents)))
	}
	return documents
}

// fallback looks again at a document of a stream that only looked like JSON:
// the decoder hands over the converted document, where duplicates are gone.
func fallback(text []byte, document Document, index int) Document {
	if document.Error != "" || document.Strict != "" || json.Valid(text) {
		return document
	}
	if documents := yamlStream(text); index < len(documents) {
		document.Strict = documents[index].Strict
		if documents[index].Unstable {
			return documents[index]
		}
	}
	return document
}

// decode is the second step of kubectl and of the API server: JSON to an
// unstructured object, integers kept apart from floats.
func decode(raw []byte) Document {
	if len(bytes.TrimSpace(raw)) == 0 {
		return Document{Value: json.RawMessage("null")}
	}
	var value any
	strict, err := kjson.UnmarshalStrict(raw, &value)
	if err != nil {
		return Document{Error: err.Error()}
	}
	rendered, err := json.Marshal(value)
	if err != nil {
		return Document{Error: err.Error()}
	}
	document := Document{Value: rendered}
	if len(strict) > 0 {
		document.Strict = errors.Join(strict...).Error()
	}
	return document
}
