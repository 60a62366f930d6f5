import EdgeHTTP

/// What an operator sets for watching: where metrics are read, and how neighbours are asked whether they live.
extension ConfigReader {
    private static let loopback: Set<String> = ["127.0.0.1", "localhost", "::1"]

    /// Plain HTTP for this machine alone; from elsewhere with TLS, and certificates that are proved.
    func operators(_ node: ConfigNode) -> ListenerConfig? {
        guard node.exists else { return nil }
        let tls = node.child("tls")
        let listener = ListenerConfig(
            host: node.text("host", default: "127.0.0.1"), port: node.integer("port", default: 0, 0...65_535),
            certificate: tls.optionalText("certificate").map(path), key: tls.optionalText("key").map(path),
            clientRoots: tls.optionalText("clientRoots").map(path), revoked: tls.optionalText("revoked").map(path))
        if isRun, !ConfigReader.loopback.contains(listener.host) {
            if !tls.exists {
                node.problem("plain HTTP is for this machine alone: 127.0.0.1, or write tls", at: "host")
            } else if listener.clientRoots == nil {
                tls.problem("is missing: whoever reads metrics from elsewhere needs a certificate", at: "clientRoots")
            }
        }
        check(
            tls, listener.certificate, listener.key, listener.clientRoots, listener.revoked, rootsName: "clientRoots",
            isNeeded: true)
        tls.finish()
        node.finish()
        return listener
    }

    func heartbeat(_ node: ConfigNode) -> HeartbeatConfig? {
        let every = node.milliseconds("every", default: 5_000)
        let path = node.text("path", default: "/health")
        guard node.exists else { return nil }
        if path.first != "/" { node.problem("\(path) is no path: begin it with a slash", at: "path") }
        if every < 100 { node.problem("ask at most ten times a second: 100ms or more", at: "every") }
        node.finish()
        return HeartbeatConfig(everyMilliseconds: max(every, 100), path: path)
    }
}
