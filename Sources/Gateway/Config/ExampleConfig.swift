/// The annotated example that ships inside the program; a test holds it against every setting that the reader knows.
enum ExampleConfig {
    static let text = """
        # The configuration of Interlock, one file. Paths are relative to this file. Durations are 500ms, 10s, 2m.
        # A setting behind a # is shown with its default, or with an example where it has none. Before the first start:
        #   1. certificates and keys under tls/, keys with mode 600 (docs/operating.md shows how)
        #   2. secrets under secrets/, one line each, mode 600
        #   3. routes.csv (begin with mappings/routes/example.csv)
        #   4. an API key for each channel of the bank: its SHA-256 in place of REPLACE-ME
        # `interlock config check FILE` tells what is missing.
        node: gateway-1                 # names this process in claims and logs
        engine: 0                       # 0 to 65535, stands in every payment id; one number for each journal
        folder: state                   # journal, tenants' databases, operators' socket; only this user may read it
        routes: routes.csv              # which network carries which payment
        # shards: 2                     # parallel machines; half as many as cores when not given
        paymentsInFlight: 50000         # beyond this new payments get the scheme's own "busy"
        # drain: 20s                    # how long a stop waits for answers to payments in flight
        # mappings: mappings            # tables and schemas of your own; the installation's when not given
        # schemas: xsd

        scheme:                         # where networks reach us; mutual TLS always
          host: 0.0.0.0
          port: 7443
          tls:
            certificate: tls/gateway.pem
            key: tls/gateway.key        # chmod 600
            clientRoots: tls/ca.pem     # who issued the networks' certificates
            # revoked: tls/revoked.pem  # their lists of certificates taken back (CRL, PEM); read anew when it changes

        channel:                        # where the bank's own channels reach us
          host: 127.0.0.1
          port: 7080
          tls:
            certificate: tls/gateway.pem
            key: tls/gateway.key
            # clientRoots: tls/ca.pem   # channels need a certificate of these roots too, beside their key
            # revoked: tls/revoked.pem

        operators:                      # /metrics and /health for monitoring; both stand on the operators' socket too
          host: 127.0.0.1               # plain HTTP is for this machine alone; from elsewhere with tls on both sides
          port: 7081
          # tls: {certificate: tls/gateway.pem, key: tls/gateway.key, clientRoots: tls/ca.pem, revoked: tls/revoked.pem}

        # retention:                    # days, or forever; docs/operating.md says what each class is
        #   keys: 30                    # repeats are known so long; at least 7
        #   exchanges: 60
        #   journal: 400
        #   feed: 30
        #   archive: 3650
        #   payments: forever
        #   audit: forever

        tenants:                        # one tenant is one bank
          - name: bank-a
            coreBank: fineract:bank-a
            # timeZone: UTC             # its days; a name such as Africa/Nairobi
            # own: ["ACCOUNT_ID:A-*"]   # identifiers of its own customers: between two of them no network is needed
            # directory: directory.csv  # accounts elsewhere that it answers for (docs/controls.md)
            # screening: screen:main    # who looks at its payments before money is held
            apiKeys:                    # openssl rand -hex 32 makes a key; printf %s "$KEY" | sha256sum its hash
              - name: mobile-app
                sha256: REPLACE-ME
            # webhooks:                 # who hears what becomes of its payments (docs/channel-api.md)
            #   - name: ledger
            #     url: https://bank.example/interlock
            #     secret: {file: secrets/webhook-ledger}    # signs what is sent; at least 16 characters
            #     previousSecret: {file: secrets/webhook-ledger-old}    # signs too, while the secret changes
            #     events: [payment.settled, payment.rejected]   # every kind but payment.moved when not given
            #     timeout: 10s          # a receiver that has not answered is cut off and asked again
            #     attempts: 12          # for one event; then the webhook is parked until it is replayed
            #     roots: tls/ca.pem     # who issued its certificate; the system's roots when not given

        networks:
          - name: mojaloop:hub1         # routes name it; our endpoint is /mojaloop:hub1/TENANT
            adapter: fspiop
            address: https://hub.example:4001
            clock: 20s                  # how long an order there may take
            margin: 2s                  # kept before our own answer is due elsewhere
            # lateness: 20s             # how long after an order's expiry the network may still settle it
            inFlight: 256               # requests to it at once
            # currencies: [KES]         # those that it settles; any when not given
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem         # who issued its certificate; the system's roots when not given
              # serverName: hub.internal  # the name in its certificate, when it is not the address's
              # revoked: tls/revoked.pem  # certificates of its own that were taken back (CRL, PEM)
            # heartbeat: {every: 5s, path: /health}     # asks whether it lives: any answer below 500 is yes
            peers:                      # who may speak for the network, by the name in its certificate
              - certificate: hub.example
                sources: ["*"]          # FSP ids it may speak for; * is every one but ours
            tenants:
              bank-a:
                fspId: bank-a           # our name on the hub
                ilpSecret: {file: secrets/ilp-bank-a}   # makes our fulfilments; at least 16 characters, never change it
                # hubName: Hub          # the name under which the hub itself signs messages
                # version: "1.1"        # or "1.0"
                # quoteMilliseconds: 60000      # how long our terms hold
                # transferMilliseconds: 20000   # how long a transfer of ours may take until it expires
                # marginMilliseconds: 1000      # what the hub's last word may need after that
                # minimumMilliseconds: 3000     # an order that expires sooner than this is refused
                # patchMilliseconds: 5000       # how long to wait for the hub's PATCH before asking
                # acceptOnPut: false    # true for a peer that wants an Accept header on callbacks

          - name: iso:rtp1
            adapter: iso20022
            address: https://clearing.example:8443
            clock: 10s
            calendar: rtp1              # its business days; every day of the tenant's own when not given
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
            peers:
              - certificate: clearing.example
                sources: ["*"]          # BICs and member ids: the clearing brings orders of every bank but ours
            tenants:
              bank-a:
                bic: BANKAKE1           # our name on the rail
                # memberId: "12345"     # instead of bic: our number at the clearing, and whose numbers they are
                # clearingSystemId: KEXXX
                clearingBic: RTPCLRXX   # the clearing's name
                # clearingMemberId: "1" # instead of clearingBic
                # serves: BANKAKE1002   # further creditor agents whose payments we take, separated by spaces
                # path: /iso20022       # where the clearing takes messages, after the address
                # envelope: BusMsg      # around AppHdr and Document, or none, fednow-incoming, ... (docs/rails.md)
                # envelopeNamespace: urn:example:envelope
                # header: head.001.001.02   # version of the business header
                # prefixes: header=head document=doc    # default namespaces when not given
                # encodings: strict     # what is read: UTF-8; lenient reads UTF-16 and ISO-8859-1 too
                # service: rtp.01       # BizSvc of the header
                # clockMilliseconds: 10000  # the rail's clock, from AccptncDtTm to our answer
                # marginMilliseconds: 1000  # our answer is ready so long before
                # accept: ACCP          # TxSts of our positive answer
                # acceptIsFinal: no     # yes: no final status follows our positive answer
                # final: ACSC ACCC ACWP BLCK    # TxSts that say for good that the money moved
                # settlementDays: 1     # days that IntrBkSttlmDt may be away from today
                # serviceLevel: INST    # written where a payment says none; so are the next five
                # categoryPurpose: CASH
                # localInstrument: INST
                # localInstrumentProprietary: RTP   # where localInstrument is not set
                # clearingSystemCode: RTP
                # chargeBearer: SLEV
                # exchange: synchronous # asynchronous: every answer, theirs and ours, is a message of its own
                # silence: RJCT         # our answer while the far leg of a bridge is not known: RJCT, or ACWP
                # notKnown: AG09        # reason code for an enquiry about a payment that we do not have

        coreBanks:
          - name: fineract:bank-a
            adapter: fineract
            address: https://fineract.example:8443/fineract-provider/api/v1
            clock: 5s
            margin: 500ms
            inFlight: 256
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
              # serverName: fineract.internal
              # revoked: tls/revoked.pem
            # heartbeat: {every: 5s, path: /health}
            tenants:
              bank-a:
                tenantId: bank-a        # Fineract-Platform-TenantId
                # idempotencyHeader: Idempotency-Key    # as the server is configured
                headers:                # added on the way out, never stored or logged
                  Authorization: {environment: FINERACT_BANK_A}

        calendars:                      # days and hours of networks (docs/controls.md)
          - name: rtp1
            always: yes                 # payments leave at any hour; no: from opens to cutOff of its business days
            # file: calendars/rtp1.csv  # its holidays, as mappings/calendars/example.csv
            # zone: Africa/Nairobi      # of its hours; each tenant's own when not given
            # opens: "00:00"
            cutOff: "19:00"             # from then on payments belong to its next business day
            # weekend: []               # saturday and sunday, but none where always is yes

        caps:                           # the first row that matches; what is refused is refused before money is held
          - tenant: bank-a              # * is every one, of network and currency too
            network: iso:rtp1
            currency: KES
            single: 1000000.00          # the largest amount of one payment
            position: 50000000.00       # the most that may be sent and not yet have come back
            exposure: 5000000.00        # the most that may stand between two legs of which one is not certain
            inFlight: 1000              # payments under way at once

        screening:                      # services that look at payments (docs/controls.md)
          - name: screen:main
            adapter: screen-http
            address: https://screening.example:8443
            within: 500ms               # how long it may take
            silent: review              # what its silence means: refuse, allow or review (a person decides)
            inFlight: 256
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
              # serverName: screening.internal
              # revoked: tls/revoked.pem
            # heartbeat: {every: 5s, path: /health}
            tenants:
              bank-a:
                path: /screen           # where it takes questions, after the address
                # headers: {Authorization: {environment: SCREENING_BANK_A}}
        """
}
