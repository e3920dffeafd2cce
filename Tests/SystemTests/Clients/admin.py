"""Changes a broker's mind about a topic or a group:
admin.py BOOTSTRAP config TOPIC KEY VALUE
admin.py BOOTSTRAP deny|undeny topic|group NAME OPERATION
"""

import sys

from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType,
                                   ConfigEntry, ConfigResource, ResourcePatternType, ResourceType)

bootstrap, command, *words = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})


def binding(kind, permission, operation):
    return kind(ResourceType[words[0].upper()], words[1], ResourcePatternType.LITERAL, "User:ANONYMOUS", "*", operation, permission)


if command == "config":
    topic, key, value = words
    entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
    answers = admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])])
else:
    operation = AclOperation[words[2].upper()]
    if command == "deny":
        # Once a resource has an entry, nothing is allowed there that no entry allows.
        answers = admin.create_acls([binding(AclBinding, AclPermissionType.ALLOW, AclOperation.ALL),
                                     binding(AclBinding, AclPermissionType.DENY, operation)])
    else:
        answers = admin.delete_acls([binding(AclBindingFilter, AclPermissionType.DENY, operation)])
for answer in answers.values():
    answer.result(30)
