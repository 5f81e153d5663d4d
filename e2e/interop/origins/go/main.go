// An HTTPS server with Go's own TLS: GET reads a file of a folder, PUT writes one. It prints its port and serves until
// it is stopped.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func main() {
	folder := flag.String("folder", ".", "where files are")
	certificate := flag.String("certificate", "", "PEM file of the chain")
	key := flag.String("key", "", "PEM file of the key")
	least := flag.String("min", "1.2", "least TLS version")
	most := flag.String("max", "1.3", "highest TLS version")
	flag.Parse()

	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(w, r, *folder) }),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: versions[*least], MaxVersion: versions[*most]},
	}
	log.Fatal(server.ServeTLS(listener, "", ""))
}

func serve(w http.ResponseWriter, r *http.Request, folder string) {
	path := filepath.Join(folder, filepath.Base(r.URL.Path))
	if r.Method != http.MethodPut {
		http.ServeFile(w, r, path)
		return
	}
	file, err := os.Create(path)
	if err == nil {
		_, err = io.Copy(file, r.Body)
		file.Close()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}
