package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"

	"github.com/moby/spdystream"
)

// spdy asks the server behind the URL for a connection of streams in the protocol of that name.
func spdy(address, protocol string) (*spdystream.Connection, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	connection, err := net.Dial("tcp", target.Host)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "SPDY/3.1")
	request.Header.Set("X-Stream-Protocol-Version", protocol)
	if err := request.Write(connection); err != nil {
		return nil, err
	}
	// The server says nothing more until it has got a stream, so nothing is left in the buffer.
	response, err := http.ReadResponse(bufio.NewReader(connection), request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	multiplexer, err := spdystream.NewConnection(connection, false)
	if err != nil {
		return nil, err
	}
	go multiplexer.Serve(spdystream.NoOpStreamHandler)
	return multiplexer, nil
}

// open makes a stream, which the server knows by these headers.
func open(connection *spdystream.Connection, headers ...string) (*spdystream.Stream, error) {
	all := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		all.Set(headers[i], headers[i+1])
	}
	stream, err := connection.CreateStream(all, nil, false)
	if err != nil {
		return nil, err
	}
	return stream, stream.Wait()
}

// streams connects this process's to a command's, until that ends.
func streams(address string, stdin, tty bool) (int, error) {
	connection, err := spdy(address, "v4.channel.k8s.io")
	if err != nil {
		return refused, err
	}
	defer connection.Close()
	types := []string{"error", "stdout"}
	if stdin {
		types = append(types, "stdin")
	}
	if tty {
		types = append(types, "resize")
	} else {
		types = append(types, "stderr")
	}
	opened := map[string]*spdystream.Stream{}
	for _, name := range types {
		if opened[name], err = open(connection, "streamType", name); err != nil {
			return refused, fmt.Errorf("stream %s: %w", name, err)
		}
	}
	if tty {
		if err := json.NewEncoder(opened["resize"]).Encode(terminalSize()); err != nil {
			return refused, err
		}
	}
	if stdin {
		go func() {
			io.Copy(opened["stdin"], os.Stdin)
			opened["stdin"].Close()
		}()
	}
	var output sync.WaitGroup
	for name, file := range map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr} {
		if stream := opened[name]; stream != nil {
			output.Add(1)
			go func() {
				defer output.Done()
				io.Copy(file, stream)
			}()
		}
	}
	end, err := io.ReadAll(opened["error"])
	if err != nil {
		return refused, err
	}
	output.Wait()
	return exitCode(end)
}

func terminalSize() any {
	lines, _ := strconv.Atoi(os.Getenv("LINES"))
	columns, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	return struct{ Height, Width int }{lines, columns}
}

// forward sends standard input to a port, and prints what comes back.
func forward(address, port string) (int, error) {
	connection, err := spdy(address, "portforward.k8s.io")
	if err != nil {
		return refused, err
	}
	defer connection.Close()
	failure, err := open(connection, "streamType", "error", "port", port, "requestID", "0")
	if err != nil {
		return refused, err
	}
	data, err := open(connection, "streamType", "data", "port", port, "requestID", "0")
	if err != nil {
		return refused, err
	}
	go func() {
		io.Copy(data, os.Stdin)
		data.Close()
	}()
	if _, err := io.Copy(os.Stdout, data); err != nil {
		return refused, err
	}
	text, err := io.ReadAll(failure)
	if err != nil {
		return refused, err
	}
	if len(text) > 0 {
		return refused, fmt.Errorf("%s", text)
	}
	return 0, nil
}
