// Prints the packages of an RPM database as go-rpmdb reads it.
package main

import (
	"fmt"
	"os"

	rpmdb "github.com/knqyf263/go-rpmdb/pkg"
)

func main() {
	database, err := rpmdb.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	packages, err := database.ListPackages()
	if err != nil {
		panic(err)
	}
	for _, p := range packages {
		epoch, arch := "(none)", p.Arch
		if p.Epoch != nil {
			epoch = fmt.Sprint(*p.Epoch)
		}
		if arch == "" {
			arch = "(none)"
		}
		fmt.Printf("%s|%s|%s|%s|%s\n", p.Name, epoch, p.Version, p.Release, arch)
	}
}
