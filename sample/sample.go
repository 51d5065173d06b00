// Package sample holds the prefecture of the trial installation: its units, its
// officials, and the 62 backlog cases of its campaign.
package sample

import _ "embed"

// The sample as CSV files.
var (
	//go:embed units.csv
	Units []byte
	//go:embed officials.csv
	Officials []byte
	//go:embed cases.csv
	Cases []byte
)

// Campaign is the name of the campaign (会战) on whose list the cases are.
const Campaign = "积案化解会战"
