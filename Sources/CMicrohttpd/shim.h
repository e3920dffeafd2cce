#pragma once
#include <microhttpd.h>

/// MHD_start_daemon for Swift, which has no variadics: one thread of its own, on a socket that listens already and that the daemon closes.
///
/// poll, not epoll: 0.9.75 uses epoll edge-triggered and reads no further after a short read, so it misses the end of a client that sends a
/// part of a request and leaves at once (both in one event), and keeps that connection until its deadline. 64 of them would lock everybody
/// out.
static inline struct MHD_Daemon *stockstream_mhd_start(
    int listen_socket, unsigned int connection_limit, size_t connection_bytes,
    MHD_AccessHandlerCallback handler, MHD_NotifyConnectionCallback notify, MHD_RequestCompletedCallback completed,
    size_t (*unescape)(void *, struct MHD_Connection *, char *), void *context)
{
    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket) listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes,
        MHD_OPTION_NOTIFY_CONNECTION, notify, context,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, context,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
}

/// The socket of a connection, -1 where it is not known. (MHD_get_connection_info is variadic and answers a union.)
static inline int stockstream_mhd_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : (int) info->connect_fd;
}
