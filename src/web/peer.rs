//! Which user of this computer has connected: only the one whose pages these are is answered.

use std::{io, net::SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

/// Hands on connections of this user's programs, and root's; others are closed unheard. Only Linux says whose they are: elsewhere all
/// are handed on.
pub struct SameUser(pub TcpListener);

impl Listener for SameUser {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.0).await;
            if is_ours(&stream, peer) {
                return (stream, peer);
            }
            tracing::warn!("a program of another user was turned away");
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[cfg(not(target_os = "linux"))]
fn is_ours(_: &TcpStream, _: SocketAddr) -> bool {
    true
}

#[cfg(target_os = "linux")]
fn is_ours(stream: &TcpStream, peer: SocketAddr) -> bool {
    let table = match std::fs::read_to_string("/proc/net/tcp") {
        Ok(table) => table,
        Err(error) => {
            tracing::warn!("whose programs connect cannot be told: /proc/net/tcp: {error}");
            return true;
        }
    };
    let us = rustix::process::geteuid().as_raw();
    match stream.local_addr().ok().and_then(|here| owner(&table, peer, here)) {
        // What relays a browser of another system to this one runs as root, from whom nothing is kept anyway. An end that
        // nobody holds any more is root's too, whoever held it.
        Some((owner, established)) => owner == us || owner == 0 && established,
        None => false,
    }
}

/// The user whose end of the connection is `from`, and whether it is established, by the kernel's table of IPv4 connections: a
/// line of headings, then for each end `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid ...`.
#[cfg(target_os = "linux")]
fn owner(table: &str, from: SocketAddr, to: SocketAddr) -> Option<(u32, bool)> {
    const ESTABLISHED: &str = "01";
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let [local, remote] = [columns.next()?, columns.next()?].map(address);
        let (state, uid) = (columns.next()?, columns.nth(3)?);
        (local? == from && remote? == to).then(|| Some((uid.parse().ok()?, state == ESTABLISHED)))?
    })
}

/// `0100007F:0FA0` is `127.0.0.1:4000`: the address as the number that its four bytes are in memory, then the port.
#[cfg(target_os = "linux")]
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let address = u32::from_str_radix(address, 16).ok()?.to_ne_bytes();
    Some((address, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_says_whose_end_it_is() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0\n   \
                     1: 0100007F:0FA0 0100007F:A3F2 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 0\n   \
                     2: 0100007F:A3F2 0100007F:0FA0 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 0\n   \
                     3: 0100007F:A3F3 0100007F:0FA0 05 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 0\n   \
                     4: nonsense\n";
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        for (from, to, expected) in [
            (at(0xa3f2), at(4000), Some((1001, true))),
            (at(4000), at(0xa3f2), Some((1000, true))),
            // Whatever its state.
            (at(0xa3f3), at(4000), Some((0, false))),
            (at(0xa3f4), at(4000), None),
            (at(0xa3f2), at(4001), None),
            (SocketAddr::from(([127, 0, 0, 2], 0xa3f2)), at(4000), None),
        ] {
            let table = if cfg!(target_endian = "big") { table.replace("0100007F", "7F000001") } else { table.into() };
            assert_eq!(owner(&table, from, to), expected, "{from} {to}");
        }
        assert_eq!(owner("", at(1), at(2)), None);
    }
}
