// Node's cluster: the primary accepts and passes each connection to one of three workers, each with a loop of its own.
'use strict'
const cluster = require('cluster')
const net = require('net')

cluster.schedulingPolicy = cluster.SCHED_RR
if (cluster.isPrimary) {
  for (let i = 0; i < 3; i++) cluster.fork()
} else {
  net
    .createServer({ allowHalfOpen: true }, (client) => {
      let rest = ''
      client.setEncoding('latin1').on('error', () => client.destroy())
      client.on('end', () => client.end()).on('drain', () => client.resume())
      client.on('data', (data) => {
        const lines = (rest + data).split('\n')
        rest = lines.pop()
        const text = lines.map((line) => (line.startsWith('blob ') ? 'b'.repeat(Number(line.slice(5)) - 1) : line.slice(5)) + '\n')
        if (!client.write(text.join(''), 'latin1')) client.pause()
      })
    })
    .listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 1024 })
}
