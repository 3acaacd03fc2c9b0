package omni.api;

import io.helidon.http.Method;
import java.util.List;
import omni.api.DaemonProtocol.RouteGroup;
import omni.vault.BackupsProtocol;
import omni.vault.BackupsProtocol.ListParams;
import omni.vault.BackupsProtocol.Progress;
import omni.vault.BackupsProtocol.TakeParams;

/** {@code /v1/vault/backup}: copies of the vault in the folder of the configuration. No other folder is named over the network. */
final class BackupRoutes {
    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/backup", this::take),
                Route.of(RouteGroup.VAULT, Method.GET, "/v1/vault/backups", this::list));
    }

    /** Answers when the disk has it. */
    private void take(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        exchange.json(exchange.kept().backups(BackupRoutes::last).toJson());
    }

    /** A stream: the vault may work for longer than it would take to answer at once. */
    private static Progress last(BackupsProtocol.Client client) {
        var now = new Progress(0L, 0L, null);
        try (var replies = client.takeMore(new TakeParams(null, null, null))) {
            while (replies.hasNext()) {
                now = replies.next().progress();
            }
        }
        return now;
    }

    private void list(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        exchange.json(exchange.kept()
                .backups(client -> client.list(new ListParams(null)))
                .toJson());
    }
}
