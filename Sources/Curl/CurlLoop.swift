internal import CCurl

/// What the client's thread does: owns libcurl's handles, drives the exchanges, completes them.
final class CurlLoop {
    private let options: CurlOptions
    private let inbox: CurlInbox
    // SAFETY: both are used on the client's thread only, and freed at the end of `run`.
    private let multi: UnsafeMutableRawPointer
    private var idleHandles: [UnsafeMutableRawPointer] = []
    private var active: [UnsafeMutableRawPointer: CurlExchange] = [:]
    private var waiting: [CurlInbox.Item] = []
    private var nextWaiting = 0

    init(options: CurlOptions, inbox: CurlInbox) {
        self.options = options
        self.inbox = inbox
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for its handle") }
        self.multi = multi
        _ = sluice_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.concurrencyMax)
    }

    func run() {
        inbox.bind(multi)
        while true {
            let (items, interrupted, stopping) = inbox.take()
            waiting += items
            if stopping { break }
            if interrupted { cutOff("cut off on purpose") }
            startWaiting()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            if completeFinished() { continue }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
        inbox.bind(nil)
        waiting += inbox.take().items
        cutOff("cut off: the gateway is stopping")
        idleHandles.forEach { curl_easy_cleanup($0) }
        curl_multi_cleanup(multi)
    }

    private func startWaiting() {
        while active.count < options.concurrencyMax, nextWaiting < waiting.count {
            let item = waiting[nextWaiting]
            nextWaiting += 1
            start(item)
        }
        if nextWaiting == waiting.count || nextWaiting > 1024 {
            waiting.removeFirst(nextWaiting)
            nextWaiting = 0
        }
    }

    private func start(_ item: CurlInbox.Item) {
        guard let handle = idleHandles.popLast() ?? curl_easy_init() else {
            return item.completion(.failure(.notSent("no memory for another exchange")))
        }
        let exchange = CurlExchange(item, handle: handle)
        exchange.prepare(options)
        let code = curl_multi_add_handle(multi, handle)
        guard code == CURLM_OK else {
            curl_easy_cleanup(handle)
            return item.completion(.failure(.notSent(String(cString: curl_multi_strerror(code)))))
        }
        active[handle] = exchange
    }

    /// Completes what has ended; whether anything had.
    private func completeFinished() -> Bool {
        var finished = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            finished = true
            curl_multi_remove_handle(multi, handle)
            guard let exchange = active.removeValue(forKey: handle) else {
                preconditionFailure("libcurl ended an exchange that was not under way")
            }
            let result = exchange.result(code)
            if code == CURLE_OK {
                curl_easy_reset(handle)
                idleHandles.append(handle)
            } else {
                // One that failed before it had a connection keeps its buffer, and then takes no size for it any more.
                curl_easy_cleanup(handle)
            }
            exchange.complete(result)
        }
        return finished
    }

    private func cutOff(_ reason: String) {
        for (handle, exchange) in active {
            curl_multi_remove_handle(multi, handle)
            curl_easy_cleanup(handle)
            exchange.complete(.failure(.unanswered(reason)))
        }
        active.removeAll()
        let unsent = waiting[nextWaiting...]
        waiting = []
        nextWaiting = 0
        for item in unsent { item.completion(.failure(.notSent(reason))) }
    }
}
