// A dispatcher for delivsim in Node: each order, in the order of placement, to the free rider who is at its store first.
//   node dispatcher.mjs          one problem per line on standard input, one assignment per line on standard output
//   node dispatcher.mjs 8081     the same over HTTP: POST a problem to http://127.0.0.1:8081/decide
import http from "node:http";
import readline from "node:readline";

function decide(problem) {
  const { now, rules, travel } = problem;
  const listed = new Map(travel.to_stores.map(([rider, order, seconds]) => [`${rider} ${order}`, seconds]));
  const free = problem.riders.filter((rider) => rider.free_at <= now && (rider.off_at ?? Infinity) >= now);
  const matches = [];
  const waiting = [];
  for (const order of [...problem.orders].sort((a, b) => a.placed_at - b.placed_at || a.order - b.order)) {
    let first = -1;
    let earliest = Infinity;
    free.forEach((rider, i) => {
      const way = listed.get(`${rider.rider} ${order.order}`) ?? straight(travel, rider, order.pickup);
      const there = now + way + rules.pickup_service_time / 2;
      const inTime = Math.max(there, order.ready_at) <= (rider.off_at ?? Infinity); // else the rules forbid it
      if (inTime && there < earliest) [first, earliest] = [i, there];
    });
    if (first < 0) {
      waiting.push(order.order);
    } else {
      const [rider] = free.splice(first, 1);
      matches.push({ rider: rider.rider, orders: [order.order], reason: "first at the store", cost: earliest - now });
    }
  }
  const waits = waiting.length ? [{ orders: waiting, reason: "no rider is left for it" }] : [];
  return { format: "delivsim.assignment/1", matches, waits };
}

// Seconds of a way that is not listed: a straight line, at a speed and with a detour.
function straight(travel, rider, [x, y]) {
  const [a, b] = rider.place;
  const rad = Math.PI / 180;
  const h = Math.sin(((y - b) * rad) / 2) ** 2 +
    Math.cos(y * rad) * Math.cos(b * rad) * Math.sin(((x - a) * rad) / 2) ** 2;
  const metres = travel.geographic ? 2 * 6371008.8 * Math.asin(Math.sqrt(h)) : Math.hypot(x - a, y - b);
  const seconds = (metres * travel.detour) / (rider.speed ?? travel.speed);
  return travel.round_up_to ? Math.ceil(seconds / travel.round_up_to - 1e-9) * travel.round_up_to : seconds;
}

const port = process.argv[2];
if (port === undefined) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(decide(JSON.parse(line)))}\n`);
  }
} else {
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    try {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(decide(JSON.parse(Buffer.concat(parts)))));
    } catch (error) {
      response.writeHead(422).end(JSON.stringify({ error: String(error) }));
    }
  });
  server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/decide`));
}
