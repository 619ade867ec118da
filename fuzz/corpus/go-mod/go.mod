module a

require (
	b.org/x v1.2.3 // indirect
	"c.org/y" v0.1.0
)
require d.org/z v1.0.0
replace b.org/x => e.org/x v1.2.4
replace d.org/z v1.0.0 => ./z
