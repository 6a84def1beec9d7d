// Verdicts of kube-bench's own evaluator, for tests that run without it.
//
//	go mod tidy && go run . > verdicts.jsonl
//
// Each line is a check with what its audits printed, and what kube-bench came to. The cases are made
// by a generator with a fixed seed, from values that tell the operators and ways to look things up
// apart.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aquasecurity/kube-bench/check"
)

type testCase struct {
	Tests    string `json:"tests"`
	Multiple bool   `json:"multiple,omitempty"`
	Scored   bool   `json:"scored,omitempty"`
	Audit    string `json:"audit,omitempty"`
	Config   string `json:"config,omitempty"`
	Env      string `json:"env,omitempty"`
	State    string `json:"state"`
	Actual   string `json:"actual,omitempty"`
	Expected string `json:"expected,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

var seed uint64 = 1

// next is a number below n.
func next(n int) int {
	seed = seed*6364136223846793005 + 1442695040888963407
	return int((seed >> 33) % uint64(n))
}

func one(of []string) string { return of[next(len(of))] }

var operators = []string{
	"eq", "noteq", "gt", "gte", "lt", "lte", "has", "nothave", "regex", "valid_elements", "bitmask",
	"noteqx",
}

var values = []string{
	"true", "false", "True", "FALSE", "0", "5", "10", "-1", "+5", "4096", "1e+06", "10s", "RBAC",
	"Node,RBAC", "Node, RBAC", "AlwaysAllow", "a,b,", "a", "644", "600", "777", "0600", "8",
	"root:root", "b,a,c", "", "0x10", "9223372036854775808",
}

var wanted = []string{
	"true", "false", "0", "5", "10", "RBAC", "AlwaysAllow", "Node,RBAC", "a,b,c", "600", "644", "",
	"root:root", "^a", "^(a|b)$", "[0-9]+", "True", "\\\\d{2}", "x{y", "[[]",
}

var flags = []string{"--flag", "--fl", "flag", "--other", "permissions", "f.ag", "--flag=true"}

var paths = []string{
	"{.flag}", "{.map.flag}", "{.list}", "{.list[0]}", "{.list[*]}", "{.none}", "{.map}", ".flag",
	"{range .list[:]}{}{','}{end}", "{.flag", "{.list[9]}", "{..flag}", "{.big}", "{.nil}",
	"{.maps[?(@.k=='v')].n}",
}

func output() string {
	value := one(values)
	return one([]string{
		"program --flag=" + value + " --other=1",
		"program --flag " + value,
		"--flag: " + value,
		"--flagger=" + value,
		"permissions=" + value,
		"--other=" + value + "\n--flag=" + value,
		"flag=1\nflag=" + value + "\nflag=5",
		"a: b\n--flag",
		"--flag==" + value,
		value,
		"",
		"permissions=600\npermissions=" + value + "\n",
	})
}

func config() string {
	value := one(values)
	quoted, _ := json.Marshal(value)
	return one([]string{
		"flag: " + value + "\nmap: {flag: 1}\nlist: [a, b]\n",
		"{\"flag\": " + string(quoted) + ", \"map\": {\"flag\": true}, \"list\": [1, 2.5], \"big\": 1000000}",
		"map: {flag: [" + string(quoted) + "]}\nbig: 1000000\nnil: 1\nlist: []\n",
		"maps: [{k: v, n: 1}, {k: w}]\nlist: [x]\nflag:\n",
		"{\"flag\": null, \"nil\": null, \"list\": [null, {\"a\": 1}]}",
		"not: [closed",
		"plain text",
		"",
	})
}

func env() string {
	return one([]string{"A=1\nFLAG=" + one(values) + "\nB=2", "FLAG=" + one(values), "XFLAG=1", ""})
}

func tests() string {
	var text strings.Builder
	if op := one([]string{"", "", "and", "or", "or", "nor"}); op != "" {
		fmt.Fprintf(&text, "bin_op: %s\n", op)
	}
	text.WriteString("test_items:\n")
	for range 1 + next(3) {
		fmt.Fprintf(&text, "- flag: %q\n", one(flags))
		if next(2) == 0 {
			fmt.Fprintf(&text, "  path: \"%s\"\n", one(paths))
		}
		if next(4) == 0 {
			text.WriteString("  env: FLAG\n")
		}
		if next(4) == 0 {
			fmt.Fprintf(&text, "  set: %s\n", one([]string{"true", "false"}))
		}
		if next(4) != 0 {
			fmt.Fprintf(&text, "  compare:\n    op: %s\n    value: \"%s\"\n", one(operators), one(wanted))
		}
	}
	return text.String()
}

func indented(text string) string {
	return "      " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n      ")
}

func run(folder string, c *testCase) {
	command := func(name, text string) string {
		if text == "" {
			return ""
		}
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			panic(err)
		}
		return "cat " + file
	}
	text := fmt.Sprintf(
		"type: node\ngroups:\n- id: 1\n  checks:\n  - id: 1.1\n    scored: %v\n    use_multiple_values: %v\n"+
			"    audit: %q\n    audit_config: %q\n    audit_env: %q\n    tests:\n%s\n",
		c.Scored, c.Multiple, command("audit", c.Audit), command("config", c.Config),
		command("env", c.Env), indented(c.Tests))
	controls, err := check.NewControls("node", []byte(text), "")
	if err != nil {
		panic(fmt.Sprintf("%v in\n%s", err, text))
	}
	one := controls.Groups[0].Checks[0]
	c.State = string(check.NewRunner().Run(one))
	c.Actual, c.Expected, c.Reason = one.ActualValue, one.ExpectedResult, one.Reason
}

func main() {
	folder, err := os.MkdirTemp("", "peer")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	out := json.NewEncoder(os.Stdout)
	for range 1000 {
		c := testCase{
			Tests: tests(), Multiple: next(4) == 0, Scored: next(4) != 0, Audit: output(),
		}
		if next(2) == 0 {
			c.Config = config()
		}
		if next(4) == 0 {
			c.Env = env()
		}
		run(folder, &c)
		if err := out.Encode(c); err != nil {
			panic(err)
		}
	}
}
