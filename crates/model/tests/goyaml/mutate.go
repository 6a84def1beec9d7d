package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// fragments are what a mutation splices in: the characters and words on which
// YAML readers disagree.
var fragments = []string{
	":", ": ", "- ", "-", "\n", "\n\n", " ", "  ", "\t", "#", " #", "'", `"`, "\\", "{", "}", "[", "]", ",",
	"&a ", "*a", "!!str ", "!x ", "|", ">", "|-\n", ">+\n", "?", "? ", "---\n", "...\n", "--- ", "<<: ", "<<: *a\n",
	"%", "@", "`", "~", "null", "yes", "0o7", "07", "1_0", "1e3", ".5", "é", "\u2028", "\r\n", "\r", "\u0085", "\ufeff",
	`\x41`, `\u263A`, `\/`, "''", "\n  ", "\n- ", "\n  - ", "a: 1\n", "{{ x }}",
}

// mutate makes n snippets by editing the cases: cutting, repeating, splicing
// fragments in, joining two, and moving lines in or out.
func mutate(cases []Case, n int, seed uint64) []Case {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]Case, 0, n)
	for i := range n {
		text := bytes.Clone(cases[random.IntN(len(cases))].Text)
		for range 1 + random.IntN(4) {
			text = edit(text, cases, random)
		}
		if len(text) > 4000 {
			text = text[:4000]
		}
		out = append(out, Case{fmt.Sprintf("mutation %d/%d", seed, i), text})
	}
	return out
}

func edit(text []byte, cases []Case, random *rand.Rand) []byte {
	at := random.IntN(len(text) + 1)
	to := at + random.IntN(min(len(text)-at, 8)+1)
	switch random.IntN(7) {
	case 0: // cut
		return append(bytes.Clone(text[:at]), text[to:]...)
	case 1: // repeat
		return append(append(bytes.Clone(text[:to]), text[at:to]...), text[to:]...)
	case 2: // join
		return append(bytes.Clone(text), cases[random.IntN(len(cases))].Text...)
	case 3: // indent or outdent one line
		lines := bytes.SplitAfter(text, []byte("\n"))
		line := random.IntN(len(lines))
		if random.IntN(2) == 0 {
			lines[line] = append([]byte(" "), lines[line]...)
		} else {
			lines[line] = bytes.TrimPrefix(lines[line], []byte(" "))
		}
		return bytes.Join(lines, nil)
	default: // splice
		fragment := fragments[random.IntN(len(fragments))]
		return append(append(bytes.Clone(text[:at]), fragment...), text[at:]...)
	}
}
