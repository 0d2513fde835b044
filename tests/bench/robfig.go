// bench_robfig EXPRESSION ZONE COUNT: nanoseconds for so many times, one after
// the other, in robfig's cron, and the last of them.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/robfig/cron"
)

const begin = 1767225600 // 2026-01-01T00:00:00Z

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	zone, err := time.LoadLocation(os.Args[2])
	fail(err)
	schedule, err := cron.ParseStandard(os.Args[1])
	fail(err)
	count, err := strconv.Atoi(os.Args[3])
	fail(err)
	at := time.Unix(begin, 0).In(zone)
	start := time.Now()
	for i := 0; i < count; i++ {
		// it gives up after five years: from the start again
		if at = schedule.Next(at); at.IsZero() {
			at = time.Unix(begin, 0).In(zone)
		}
	}
	fmt.Println(time.Since(start).Nanoseconds(), at.Unix())
}
