// The testee protocol in Node: one thread, and libuv's loop.
//
//	iospec identify --protocol line -- node server.js {port}
'use strict'
const net = require('net')

const pause = new Int32Array(new SharedArrayBuffer(4))

function answer(verb, arg) {
  switch (verb) {
    case 'echo':
      return arg
    case 'whoami':
      return `${process.pid} ${process.pid}` // the loop runs in the first thread
    case 'sleep':
      Atomics.wait(pause, 0, 0, Number(arg))
      return `slept ${arg}`
    case 'spin':
      for (const from = process.cpuUsage(); process.cpuUsage(from).user < Number(arg) * 1000; );
      return `spun ${arg}`
    case 'blob':
      return 'b'.repeat(Number(arg) - 1)
  }
  return 'error: unknown request'
}

const server = net.createServer({ allowHalfOpen: true }, (client) => {
  let rest = ''
  client.setEncoding('latin1')
  client.on('error', () => client.destroy())
  client.on('end', () => client.end())
  client.on('drain', () => client.resume())
  client.on('data', (data) => {
    const lines = (rest + data).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      const [verb] = line.split(/[ \r]/, 1)
      if (verb === 'quit') return client.end()
      const text = answer(verb, line.slice(verb.length + 1).replace(/\r$/, ''))
      if (!client.write(text + '\n', 'latin1')) client.pause() // read on when it has taken its answers
    }
  })
})
server.listen({ host: '127.0.0.1', port: Number(process.argv[2] || 7000), backlog: 1024 })
