/**
 * The role "fetch": brings models to this machine, served as {@code omni.Fetch} (see {@code src/main/varlink}). Start at
 * {@link omni.fetch.FetchRole}; {@code Pulls} is what it does, {@code Download} the heart. {@link omni.fetch.Tokens} is
 * for the command that gives a host's token.
 *
 * <p>Until there is a door this is the one process that may connect outward, and it lives only while it is needed. It
 * writes {@code $OMNI_HOME/cartridges/.pulls} and nothing else; the engine takes whole files over from there.
 *
 * <p>Protocols: HTTP semantics with ranges, validators and Retry-After (RFC 9110); Hugging Face's hub as its client
 * huggingface_hub speaks to it (hf_api.py, file_download.py); the OCI distribution specification 1.1 and its token
 * authentication (distribution.github.io/distribution/spec/auth/token); Ollama's manifests (ollama, server/internal/manifest);
 * Docker's model artifacts (docs.docker.com/reference/cli/docker/model/package).
 *
 * <p>Threads. A call has its bus thread, which reports; a pull has a virtual thread, which plans, checks and waits; a file
 * has one virtual thread a connection. A platform thread closes bodies that stall. Cancelling goes through {@code
 * Cancellation}, never by interrupting: an interrupt would close the file (java.nio.channels.FileChannel). Locks:
 * {@code Pulls} (which run), {@code RegistryAuthorizer} (one token at a time), {@code Cancellation}; none is held while
 * another is taken.
 *
 * <p>Limits, each with a test one past it: 4 pulls at a time and 64 kept; 512 files a model, 8 TiB a file, 65,536 parts a
 * file; manifests 1 MiB, lists of files 2 MiB a page and 32 pages, texts 1 MiB, tokens 64 KiB, response headers 64 KiB;
 * 10 redirects; 1024 layers; file names 200 characters; the rest are keys of {@code [fetch]}.
 */
@NullMarked
package omni.fetch;

import org.jspecify.annotations.NullMarked;
