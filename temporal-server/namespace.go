package main

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const defaultNamespace = "default"

// setUpNamespace registers the default namespace and its search attributes where they
// are missing, waits until every service knows them, and returns the cluster's id.
func setUpNamespace(ctx context.Context, address string, opts options) (clusterID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()

	conn, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		return "", fmt.Errorf("connect to the frontend: %w", err)
	}
	defer conn.Close()
	workflows := workflowservice.NewWorkflowServiceClient(conn)
	operator := operatorservice.NewOperatorServiceClient(conn)

	info, err := workflows.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	if err != nil {
		return "", fmt.Errorf("ask for the cluster's id: %w", err)
	}
	changed, err := registerNamespace(ctx, workflows, opts.retention)
	if err != nil {
		return "", fmt.Errorf("register namespace %s: %w", defaultNamespace, err)
	}
	added, err := addSearchAttributes(ctx, operator, opts.attributes)
	if err != nil {
		return "", fmt.Errorf("add search attributes: %w", err)
	}
	if changed || added {
		// A service tells nobody what it knows, but it reads everything anew at this
		// interval: after two of them all have.
		select {
		case <-time.After(2 * cacheRefresh):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return info.GetClusterId(), nil
}

// registerNamespace makes the default namespace exist with this retention. It reports
// whether it changed anything.
//
// It registers before it looks: a frontend that was asked for a namespace it doesn't have
// denies it for the next second.
func registerNamespace(ctx context.Context, workflows workflowservice.WorkflowServiceClient, retention time.Duration) (bool, error) {
	_, err := workflows.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        defaultNamespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	if status.Code(err) != codes.AlreadyExists {
		return true, err
	}
	got, err := workflows.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: defaultNamespace})
	if err != nil || got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == retention {
		return false, err
	}
	_, err = workflows.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: defaultNamespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	return true, err
}

// addSearchAttributes adds those that the default namespace lacks, and reports whether
// there were any. An existing one of another type is an error: its values would be lost.
func addSearchAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, want attributes) (bool, error) {
	if len(want) == 0 {
		return false, nil
	}
	got, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: defaultNamespace})
	if err != nil {
		return false, err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, t := range want {
		existing, ok := got.GetCustomAttributes()[name]
		switch {
		case !ok:
			missing[name] = t
		case existing != t:
			return false, fmt.Errorf("%s exists with type %s, want %s", name, existing, t)
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        defaultNamespace,
		SearchAttributes: missing,
	})
	return true, err
}
