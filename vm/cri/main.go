// cri speaks to a CRI server, as a kubelet and crictl do. Requests and responses are JSON; the names are those of the
// Kubernetes API api.proto, in its own spelling or in camelCase.
//
//	cri call METHOD [REQUEST]              any method of the RuntimeService or the ImageService
//	cri wait ID                            until the container has exited; its status
//	cri execsync [--timeout S] ID COMMAND  a probe's exec: its output when it has ended
//	cri exec [-i] [-t] ID COMMAND          a command whose streams are connected to this process's
//	cri attach [-i] [-t] ID                the streams of the container's own process
//	cri forward ID PORT                    a connection to a port in the pod, over standard input and output
//
// With -t the size of the remote terminal is $LINES by $COLUMNS. Exits with the command's exit code; with 125 and one line
// where the server refuses. $CRI is the server's socket, of containerd's if not set.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const refused = 125

func main() {
	code, err := run(os.Args[1:])
	var failed interface{ GRPCStatus() *status.Status }
	if errors.As(err, &failed) {
		fmt.Fprintf(os.Stderr, "cri: %s: %s\n", failed.GRPCStatus().Code(), failed.GRPCStatus().Message())
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "cri: %v\n", err)
	}
	os.Exit(code)
}

func run(words []string) (int, error) {
	if len(words) == 0 {
		return refused, errors.New("which of call, wait, execsync, exec, attach and forward?")
	}
	options := flag.NewFlagSet("cri "+words[0], flag.ContinueOnError)
	stdin := options.Bool("i", false, "connect standard input")
	tty := options.Bool("t", false, "on a terminal")
	timeout := options.Int64("timeout", 0, "seconds until execsync gives up; 0: never")
	if err := options.Parse(words[1:]); err != nil {
		return refused, err
	}
	rest := options.Args()
	if len(rest) == 0 {
		return refused, fmt.Errorf("%s: of what?", words[0])
	}
	connection, err := connect()
	if err != nil {
		return refused, err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	service := runtimeapi.NewRuntimeServiceClient(connection)

	switch words[0] {
	case "call":
		return call(ctx, connection, rest[0], rest[1:])
	case "wait":
		return wait(ctx, service, rest[0])
	case "execsync":
		response, err := service.ExecSync(ctx, &runtimeapi.ExecSyncRequest{ContainerId: rest[0], Cmd: rest[1:], Timeout: *timeout})
		if err != nil {
			return refused, err
		}
		os.Stdout.Write(response.Stdout)
		os.Stderr.Write(response.Stderr)
		return int(response.ExitCode), nil
	case "exec":
		response, err := service.Exec(ctx, &runtimeapi.ExecRequest{
			ContainerId: rest[0], Cmd: rest[1:], Stdin: *stdin, Tty: *tty, Stdout: true, Stderr: !*tty})
		if err != nil {
			return refused, err
		}
		return streams(response.Url, *stdin, *tty)
	case "attach":
		response, err := service.Attach(ctx, &runtimeapi.AttachRequest{
			ContainerId: rest[0], Stdin: *stdin, Tty: *tty, Stdout: true, Stderr: !*tty})
		if err != nil {
			return refused, err
		}
		return streams(response.Url, *stdin, *tty)
	case "forward":
		if len(rest) != 2 {
			return refused, errors.New("forward: to which port?")
		}
		port, err := strconv.ParseInt(rest[1], 10, 32)
		if err != nil {
			return refused, fmt.Errorf("forward: %w", err)
		}
		response, err := service.PortForward(ctx, &runtimeapi.PortForwardRequest{PodSandboxId: rest[0], Port: []int32{int32(port)}})
		if err != nil {
			return refused, err
		}
		return forward(response.Url, rest[1])
	}
	return refused, fmt.Errorf("%s: no such word", words[0])
}

func connect() (*grpc.ClientConn, error) {
	socket := os.Getenv("CRI")
	if socket == "" {
		socket = "/run/containerd/containerd.sock"
	}
	return grpc.Dial("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// exitCode reads the status that ends a stream: how the command ended, or why there is none.
func exitCode(message []byte) (int, error) {
	var end struct {
		Status, Message, Reason string
		Details                 struct {
			Causes []struct{ Reason, Message string }
		}
	}
	if len(message) == 0 {
		return refused, errors.New("the stream ended without a status")
	}
	if err := json.Unmarshal(message, &end); err != nil {
		return refused, errors.New(string(message))
	}
	if end.Status == "Success" {
		return 0, nil
	}
	for _, cause := range end.Details.Causes {
		if cause.Reason == "ExitCode" {
			return strconv.Atoi(cause.Message)
		}
	}
	return refused, errors.New(end.Message)
}
