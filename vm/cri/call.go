package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// call finds the method by its name in the generated clients, whose methods all take a context, a request and options of
// gRPC's. A request of "-" is read from standard input; none is an empty one.
func call(ctx context.Context, connection *grpc.ClientConn, name string, request []string) (int, error) {
	method := reflect.ValueOf(runtimeapi.NewRuntimeServiceClient(connection)).MethodByName(name)
	if !method.IsValid() {
		method = reflect.ValueOf(runtimeapi.NewImageServiceClient(connection)).MethodByName(name)
	}
	if !method.IsValid() {
		return refused, fmt.Errorf("%s: no such method", name)
	}
	message := reflect.New(method.Type().In(1).Elem())
	if err := read(message.Interface().(proto.Message), request); err != nil {
		return refused, fmt.Errorf("%s: request: %w", name, err)
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), message})
	if err, failed := results[1].Interface().(error); failed {
		return refused, err
	}
	response, single := results[0].Interface().(proto.Message)
	if !single {
		return refused, fmt.Errorf("%s: answers with a stream", name)
	}
	return show(response)
}

func show(response proto.Message) (int, error) {
	text, err := (&jsonpb.Marshaler{}).MarshalToString(response)
	if err != nil {
		return refused, fmt.Errorf("response: %w", err)
	}
	fmt.Println(text)
	return 0, nil
}

func read(message proto.Message, request []string) error {
	switch {
	case len(request) == 0:
		return nil
	case request[0] == "-":
		return jsonpb.Unmarshal(os.Stdin, message)
	default:
		return jsonpb.Unmarshal(strings.NewReader(request[0]), message)
	}
}

// wait asks often, since containerd tells of ends only to those who watch all containers.
func wait(ctx context.Context, service runtimeapi.RuntimeServiceClient, id string) (int, error) {
	for {
		response, err := service.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
		if err != nil {
			return refused, err
		}
		if response.Status.State == runtimeapi.ContainerState_CONTAINER_EXITED {
			return show(response.Status)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
