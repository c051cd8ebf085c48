// A dispatcher for delivsim in Go: each order, in the order of placement, to the free rider who is at its store first.
//
//	go build -o my-dispatcher dispatcher.go
//	./my-dispatcher          one problem per line on standard input, one assignment per line on standard output
//	./my-dispatcher 8081     the same over HTTP: POST a problem to http://127.0.0.1:8081/decide
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"sort"
)

type order struct {
	Order    int64      `json:"order"`
	PlacedAt float64    `json:"placed_at"`
	ReadyAt  float64    `json:"ready_at"`
	Pickup   [2]float64 `json:"pickup"`
}

type rider struct {
	Rider  int64      `json:"rider"`
	Place  [2]float64 `json:"place"`
	FreeAt float64    `json:"free_at"`
	OffAt  *float64   `json:"off_at"` // null: no end of shift
	Speed  *float64   `json:"speed"`  // null: the travel model's
}

type travel struct {
	Geographic bool         `json:"geographic"`
	Speed      float64      `json:"speed"`
	Detour     float64      `json:"detour"`
	RoundUpTo  float64      `json:"round_up_to"`
	ToStores   [][3]float64 `json:"to_stores"` // rider, order, seconds
}

type problem struct {
	Now   float64 `json:"now"`
	Rules struct {
		PickupServiceTime float64 `json:"pickup_service_time"`
	} `json:"rules"`
	Orders []order `json:"orders"`
	Riders []rider `json:"riders"`
	Travel travel  `json:"travel"`
}

type match struct {
	Rider  int64   `json:"rider"`
	Orders []int64 `json:"orders"`
	Reason string  `json:"reason"`
	Cost   float64 `json:"cost"`
}

type wait struct {
	Orders []int64 `json:"orders"`
	Reason string  `json:"reason"`
}

type assignment struct {
	Format  string  `json:"format"`
	Matches []match `json:"matches"`
	Waits   []wait  `json:"waits"`
}

func (r rider) offAt() float64 {
	if r.OffAt == nil {
		return math.Inf(1)
	}
	return *r.OffAt
}

func decide(p problem) assignment {
	made := assignment{Format: "delivsim.assignment/1", Matches: []match{}, Waits: []wait{}}
	listed := map[[2]int64]float64{}
	for _, way := range p.Travel.ToStores {
		listed[[2]int64{int64(way[0]), int64(way[1])}] = way[2]
	}
	free := []rider{}
	for _, r := range p.Riders {
		if r.FreeAt <= p.Now && r.offAt() >= p.Now {
			free = append(free, r)
		}
	}
	sort.Slice(p.Orders, func(i, j int) bool {
		a, b := p.Orders[i], p.Orders[j]
		return a.PlacedAt < b.PlacedAt || (a.PlacedAt == b.PlacedAt && a.Order < b.Order)
	})
	waiting := []int64{}
	for _, o := range p.Orders {
		first, earliest := -1, math.Inf(1)
		for i, r := range free {
			way, known := listed[[2]int64{r.Rider, o.Order}]
			if !known {
				way = straight(p.Travel, r, o.Pickup)
			}
			there := p.Now + way + p.Rules.PickupServiceTime/2
			inTime := math.Max(there, o.ReadyAt) <= r.offAt() // else the rules forbid it
			if inTime && there < earliest {
				first, earliest = i, there
			}
		}
		if first < 0 {
			waiting = append(waiting, o.Order)
			continue
		}
		made.Matches = append(made.Matches,
			match{free[first].Rider, []int64{o.Order}, "first at the store", earliest - p.Now})
		free = append(free[:first], free[first+1:]...)
	}
	if len(waiting) > 0 {
		made.Waits = append(made.Waits, wait{waiting, "no rider is left for it"})
	}
	return made
}

// straight gives the seconds of a way that is not listed: a straight line, at a speed and with a detour.
func straight(t travel, r rider, to [2]float64) float64 {
	rad := math.Pi / 180
	metres := math.Hypot(to[0]-r.Place[0], to[1]-r.Place[1])
	if t.Geographic {
		h := math.Pow(math.Sin((to[1]-r.Place[1])*rad/2), 2) +
			math.Cos(to[1]*rad)*math.Cos(r.Place[1]*rad)*math.Pow(math.Sin((to[0]-r.Place[0])*rad/2), 2)
		metres = 2 * 6371008.8 * math.Asin(math.Sqrt(h))
	}
	speed := t.Speed
	if r.Speed != nil {
		speed = *r.Speed
	}
	seconds := metres * t.Detour / speed
	if t.RoundUpTo > 0 {
		seconds = math.Ceil(seconds/t.RoundUpTo-1e-9) * t.RoundUpTo
	}
	return seconds
}

func answer(line []byte) ([]byte, error) {
	var p problem
	if err := json.Unmarshal(line, &p); err != nil {
		return nil, err
	}
	return json.Marshal(decide(p))
}

func overPipe() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return // standard input has ended: so does the run
		}
		said, err := answer(line)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", said)
	}
}

func overHTTP(port string) {
	http.HandleFunc("/decide", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		said, err := answer(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(said)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/decide\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func main() {
	if len(os.Args) > 1 {
		overHTTP(os.Args[1])
	} else {
		overPipe()
	}
}
