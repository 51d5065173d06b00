// Package sampletest sets up databases with the sample's directory, for tests.
package sampletest

import (
	"bytes"
	"context"

	"shuangze/casefile"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/sample"
	"shuangze/store"
)

// SetUp brings an empty database's schema up and loads the sample's units and
// officials into it. It leaves no connection open.
func SetUp(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	none := &casefile.Directory{Units: map[string]casefile.Unit{}}
	units, _, err := importer.Units(bytes.NewReader(sample.Units), policy.Default(), none)
	if err != nil {
		return err
	}
	if _, err := s.SaveUnits(ctx, units); err != nil {
		return err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return err
	}
	officials, _, err := importer.Officials(bytes.NewReader(sample.Officials), policy.Default(), d)
	if err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, officials)
	return err
}
