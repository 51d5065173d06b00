package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"shuangze/casetime"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// connection says where the servers are. Without a database URL it is those of the
// trial installation in the data folder.
type connection struct {
	Data        string `help:"Data folder of 'shuangze dev' whose servers to use when no database URL is given." default:"data" type:"path"`
	DatabaseURL string `help:"Postgres, as postgres://user:password@host/database." env:"DATABASE_URL" name:"database-url"`
	Key         string `help:"Keys that seal the petitioners' data, one a line." env:"SHUANGZE_KEY" hidden:""`
	KeyFile     string `help:"File with the keys that seal the petitioners' data." env:"SHUANGZE_KEY_FILE" type:"path"`
}

// servers is a connection that stands.
type servers struct {
	store    *store.Store
	temporal client.Client
	clock    casetime.Clock
}

func (s *servers) engine() workflows.Engine { return workflows.Engine{Temporal: s.temporal} }

func (s *servers) close() {
	if s.temporal != nil {
		s.temporal.Close()
	}
	if s.store != nil {
		s.store.Close()
	}
}

// running is what a trial installation leaves in its data folder for the other
// commands, readable by its owner alone.
type running struct {
	DatabaseURL     string `json:"database_url"`
	TemporalAddress string `json:"temporal_address"`
	TemporalCluster string `json:"temporal_cluster"` // id; a port alone could be a stranger's
	API             string `json:"api"`
	PID             int    `json:"pid"`
}

// resolve fills what the data folder knows where no database URL is given.
func (c *connection) resolve() (running, error) {
	if c.DatabaseURL != "" {
		return running{DatabaseURL: c.DatabaseURL}, nil
	}
	raw, err := os.ReadFile(filepath.Join(c.Data, runningFile))
	if errors.Is(err, os.ErrNotExist) {
		return running{}, fmt.Errorf("no servers: give DATABASE_URL, or the --data folder of a running 'shuangze dev' (none in %s)", c.Data)
	}
	if err != nil {
		return running{}, err
	}
	var r running
	if err := json.Unmarshal(raw, &r); err != nil {
		return running{}, fmt.Errorf("read %s: %w", runningFile, err)
	}
	if c.Key == "" && c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, keyFile)
	}
	return r, nil
}

func (c *connection) keys() (store.Keys, error) {
	text := c.Key
	if text == "" {
		if c.KeyFile == "" {
			return nil, errors.New("no key for the petitioners' data: give SHUANGZE_KEY_FILE or SHUANGZE_KEY")
		}
		raw, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		text = string(raw)
	}
	keys, err := store.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("key for the petitioners' data: %w", err)
	}
	return keys, nil
}

// openDatabase opens the database alone.
func (c *connection) openDatabase(ctx context.Context) (*servers, running, error) {
	at, err := c.resolve()
	if err != nil {
		return nil, at, err
	}
	s := &servers{}
	keys, err := c.keys()
	if err != nil {
		return nil, at, err
	}
	if s.store, err = store.Open(ctx, at.DatabaseURL, keys); err != nil {
		return nil, at, err
	}
	return s, at, nil
}

// open connects to both servers and checks that the schema is this program's.
func (c *connection) open(ctx context.Context) (*servers, error) {
	s, at, err := c.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, at); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *servers) prepare(ctx context.Context, at running) error {
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	if _, err := s.store.Rules(ctx); err != nil {
		return err
	}
	rehearsal, err := s.store.Setting(ctx, "rehearsal")
	if err != nil {
		return err
	}
	if s.clock, err = casetime.Parse(rehearsal); err != nil {
		return err
	}
	s.temporal, err = dialTemporal(ctx, at)
	return err
}

// dialTemporal connects as the SDK's environment says or, for a trial installation,
// to its own server, whose identity it checks.
func dialTemporal(ctx context.Context, at running) (client.Client, error) {
	options := client.Options{HostPort: at.TemporalAddress}
	if at.TemporalAddress == "" {
		var err error
		if options, err = envconfig.LoadDefaultClientOptions(); err != nil {
			return nil, fmt.Errorf("temporal environment: %w", err)
		}
	}
	options.Logger = log.NewStructuredLogger(slog.New(quiet{slog.Default().Handler()}))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("reach Temporal at %s: %w", options.HostPort, err)
	}
	if at.TemporalCluster != "" {
		info, err := c.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
		if err == nil && info.GetClusterId() != at.TemporalCluster {
			err = fmt.Errorf("another cluster (%s) answers", info.GetClusterId())
		}
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("check Temporal at %s: %w", options.HostPort, err)
		}
	}
	return c, nil
}

// quiet leaves out the SDK's debug and info lines.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// searchAttributes are those the workflows use, with their types.
func searchAttributes() map[string]enums.IndexedValueType {
	return map[string]enums.IndexedValueType{
		workflows.CaseStage.GetName():       enums.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.CaseUnit.GetName():        enums.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.CaseSupervision.GetName(): enums.INDEXED_VALUE_TYPE_KEYWORD,
	}
}

// addSearchAttributes registers the workflows' search attributes in the namespace.
func addSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes: %w", err)
	}
	missing := searchAttributes()
	for name := range have.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("add search attributes: %w", err)
	}
	return nil
}

// chinese reports whether the terminal's language is Chinese.
func chinese() bool {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return strings.HasPrefix(v, "zh")
		}
	}
	return false
}

// say picks the text in the terminal's language.
func say(t policy.Text) string {
	if chinese() {
		return t.Chinese
	}
	return t.English
}
