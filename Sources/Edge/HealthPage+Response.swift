import Gateway

extension HealthPage {
    /// The page as it stands now. Plain `ok` unless verbose, as Kubernetes does; verbose pages are JSON.
    func response(readiness: () -> Readiness) -> Response {
        switch self {
        case .root:
            var json = JSONWriter()
            json.object { json in
                json.name("service")
                json.string("sluice")
                json.name("events")
                json.string("/v1/streams/{stream}/events")
                json.name("receipts")
                json.string("/v1/streams/{stream}/receipts/{batch_key}")
                json.name("liveness")
                json.string("/livez")
                json.name("readiness")
                json.string("/readyz?verbose")
                json.name("description")
                json.string("openapi.yaml and docs/problems.md in the Sluice repository")
            }
            return Response(status: 200, contentType: .json, body: json.bytes)
        case .live(let verbose):
            let alive = Readiness(checks: [.init(name: "event-loop", ok: true, detail: "answering")])
            return verbose ? HealthPage.report(alive) : HealthPage.word("ok", status: 200)
        case .ready(let verbose):
            let state = readiness()
            if verbose || !state.ready { return HealthPage.report(state) }
            return HealthPage.word("ok", status: 200)
        }
    }

    private static func word(_ text: String, status: Int) -> Response {
        Response(status: status, contentType: .text, body: Array("\(text)\n".utf8))
    }

    private static func report(_ state: Readiness) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.name("status")
            json.string(state.word)
            json.name("checks")
            json.array { json in
                for check in state.checks {
                    json.object { json in
                        json.name("name")
                        json.string(check.name)
                        json.name("ok")
                        json.boolean(check.ok)
                        json.name("detail")
                        json.string(check.detail)
                    }
                }
            }
        }
        var response = Response(status: state.ready ? 200 : 503, contentType: .json, body: json.bytes)
        if !state.ready { response.headers.append((name: "Retry-After", value: "1")) }
        return response
    }
}
