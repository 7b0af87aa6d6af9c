# A session with every command of bookbag, as a person would type it. The test that runs
# it gives PORT, a free port, and reads from this file which commands it has.
set -eu

say() { echo "== $*"; }
stop() { kill -INT "$1" && wait "$1"; }

bookbag completion bash | bash -n
bookbag migrate
say "check: $(bookbag check --json | grep -c '"is_default"') settings"
bookbag sample course --students 3
bookbag load course --dry-run
bookbag load course
bookbag user ada@example.edu --role Admin --password correct-horse-battery

say "a worker of its own"
bookbag worker --workers 1 &
worker=$!
bookbag export course-data --course CS101 --output it.zip --purpose "the session"
recipient=$(bookbag key key.age --passphrase "four words of mine" | grep -o "age1[0-9a-z]*")
bookbag export user-access --course CS101 --option pseudonymise=study --output study.csv
bookbag export course-data --course CS101 --option "encrypt_to=$recipient" --output it.zip.age
stop $worker
bookbag pseudonyms list
bookbag pseudonyms destroy study --yes
bookbag verify it.zip
bookbag unpack it.zip unpacked
bookbag verify unpacked/*/

say "a server, a token, and a table from it"
token=$(bookbag token create ada@example.edu --name session)
bookbag token list ada@example.edu
bookbag serve --port "$PORT" &
serve=$!
until curl -sf -o page.html "http://127.0.0.1:$PORT/accounts/login/"; do sleep 0.2; done
export BOOKBAG_SERVER="http://127.0.0.1:$PORT" BOOKBAG_TOKEN="$token"
bookbag export users --option dialect=xlsx --output users.xlsx
bookbag export user-access --course cs101 --output access.csv
bookbag exports
unset BOOKBAG_SERVER BOOKBAG_TOKEN
stop $serve
bookbag verify users.xlsx
bookbag token revoke 1

say "back in, and in order"
bookbag restore it.zip --workspace Elsewhere
tar -czf project.tar.gz -C course roster.csv
bookbag import project.tar.gz --user ada@example.edu --name Imported --workspace "Main workspace"
bookbag sweep
bookbag retention
bookbag doctor
bookbag audit checkpoint >checkpoint.json
bookbag erase amara.okafor@school.example --yes
bookbag audit verify --checkpoint checkpoint.json
say "done"
