// Both ends of one connection with the npm package `ws`: node ws.js clean|rejected|reset PORT
// Prints what each end's API reported; samples/README.md repeats it.
'use strict'
const { WebSocket, WebSocketServer } = require('ws')

const [scene, port] = process.argv.slice(2)
const url = `ws://127.0.0.1:${port}/chat`
const reported = (who) => (code, reason) => console.log(`${scene}: ${who} reports ${code} "${reason}"`)

const server = new WebSocketServer({
  host: '127.0.0.1',
  port,
  perMessageDeflate: scene === 'clean' ? { threshold: 0 } : false,
  verifyClient: (_info, answer) => (scene === 'rejected' ? answer(false, 401, 'Unauthorized') : answer(true))
})

server.on('connection', (socket, request) => {
  socket.on('close', reported('server'))
  socket.on('message', (data, isBinary) => {
    if (scene === 'reset') return request.socket.resetAndDestroy()
    socket.send(data, { binary: isBinary })
  })
})

server.on('listening', () => {
  const client = new WebSocket(url)
  let echoes = 0
  client.on('error', (error) => console.log(`${scene}: client error: ${error.message}`))
  client.on('close', (code, reason) => {
    reported('client')(code, reason)
    setTimeout(() => server.close(), 200)
  })
  client.on('open', () => {
    if (scene === 'reset') return client.send('reset me')
    client.send(JSON.stringify({ op: 'subscribe', channel: 'ticker', symbol: 'WSLG' }))
    client.send(JSON.stringify({ op: 'subscribe', channel: 'trades', symbol: 'WSLG' }))
    client.send(Buffer.alloc(600, 'wslog '))
  })
  client.on('message', () => {
    if (++echoes === 3) client.ping('still there?')
  })
  client.on('pong', () => client.close(1000, 'work done'))
})
