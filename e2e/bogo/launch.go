// What BoGo's runner starts for each test: hands its arguments to the shim, which runs all the time, and ends as the shim says.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
)

type answer struct {
	Status int    `json:"status"`
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

func ask() (answer, error) {
	var given answer
	conn, err := net.Dial("unix", os.Getenv("FAULTWIRE_BOGO_SHIM"))
	if err != nil {
		return given, err
	}
	defer conn.Close()
	// An argument can hold any byte but this one.
	if _, err := conn.Write([]byte(strings.Join(os.Args[1:], "\x00"))); err != nil {
		return given, err
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return given, err
	}
	return given, json.NewDecoder(conn).Decode(&given)
}

func main() {
	given, err := ask()
	if err != nil {
		fmt.Fprintln(os.Stderr, ":no_shim:", err)
		os.Exit(1)
	}
	fmt.Print(given.Stdout)
	fmt.Fprint(os.Stderr, given.Stderr)
	os.Exit(given.Status)
}
