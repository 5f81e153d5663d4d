// One request with the client that is named, to the URL that is given; prints the status that the client got.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	client := http.DefaultClient
	if os.Args[1] == "a Transport without Proxy" {
		client = &http.Client{Transport: &http.Transport{}}
	}
	response, err := client.Post(os.Args[2]+"/v1/messages", "application/json", strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("status=%d\n", response.StatusCode)
}
