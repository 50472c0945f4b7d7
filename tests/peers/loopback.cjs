// node --require: a server that would listen on all interfaces, or on a port of its own choice, listens on a free
// port of 127.0.0.1, and says which on standard error.
'use strict';
const net = require('net');
const { TCP, constants } = process.binding('tcp_wrap');
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...args) {
  const [where] = args;
  const port = typeof where === 'object' && where !== null ? where.port : where;
  if (port === undefined || Number.isNaN(Number(port))) return listen.apply(this, args);
  const handle = new TCP(constants.SERVER);
  const failed = handle.bind('127.0.0.1', 0);
  if (failed) throw new Error(`cannot bind: ${require('util').getSystemErrorName(failed)}`);
  const listening = listen.call(this, { _handle: handle }, ...args.filter(arg => typeof arg === 'function'));
  process.stderr.write(`bound to 127.0.0.1:${this.address().port}\n`);
  return listening;
};
