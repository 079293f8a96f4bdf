/** The engines whose connections are the system's own sockets. */
export const SOCKET_ENGINES = ['raw', 'portable'] as const;
